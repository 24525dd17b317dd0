# Two commands: `make score` and `make test`. Both install what they need into $(VENV) first.
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

EVIDENCE := docs/results
PACKAGES := robots envs policies configs benchmarks
# mypy follows files, not the import mapping of an editable install: one link gives it the namespace.
TYPED := build/typed/pilotline
PEERS := build/peers
OPENPI := build/openpi
RAY := build/ray
PEER_NAMES := $(notdir $(basename $(wildcard benchmarks/peers/requirements/*.txt)))

.DELETE_ON_ERROR:
.PHONY: hostile help score test evidence stations-evidence lines-evidence safety-evidence statistics-evidence compare-evidence reproduce reference gallery insertion rig-catalogue actuators-soak robots-hold robots-evidence balance-evidence identify-evidence peers peers-env openpi ray speed soak train-kills campaign-kills campaign-scale train-race trained trained-lead trained-clone attest-edits mjx-parity lint format types unit fmt clean

help:
	@echo "make score   install into $(VENV), then score the built-in robot on the logistics line"
	@echo "make test    install into $(VENV), then run every check (lint, format, types, unit)"
	@echo "make evidence   long checks (hours); small result files go to $(EVIDENCE)"
	@echo "make insertion   yield, time and force of a scripted peg insertion over clearance and friction (5 minutes)"
	@echo "make statistics-evidence   what intervals and tests promise, on 2,000 simulated campaigns a cell (two minutes)"
	@echo "make compare-evidence   one station with six sets of drives, and which is better (six minutes)"
	@echo "make stations-evidence   every station: random actions, contacts, 200 cycles, every pack (an hour)"
	@echo "make lines-evidence   an hour of every line from end to end, with its twin (an hour)"
	@echo "make reproduce   the reference scorecards of the released lines, run again and compared bit for bit; PLATFORM=other asks for equivalence (half an hour)"
	@echo "make gallery   pictures of every station and line for docs/ (5 minutes)"
	@echo "make rig-catalogue   every harmonic gear set on the virtual dynamometer against its catalogue (10 minutes)"
	@echo "make identify-evidence   identification on logs whose truth is known, 100 trials (an hour)"
	@echo "make actuators-soak   every shipped drive through a minute of random commands, all tiers and loads (3 minutes)"
	@echo "make robots-hold   every robot at hand holds its home pose for 10 s with each tier (a minute)"
	@echo "make robots-evidence   and C2 by fixed and biped, 200 cycles each, and 100 cycles of Stand (6 minutes)"
	@echo "make balance-evidence   60 s standing and pushes from all sides, with each tier (ten minutes)"
	@echo "make peers   our environments beside those of others, in turns (20 minutes; peers-env: their environments, 5 GB)"
	@echo "make openpi   our client and server with openpi's own, in an environment of their own (a minute)"
	@echo "make ray     a sweep of training runs by Hydra's launcher for Ray, in an environment of its own (3 minutes, 6 GB)"
	@echo "make speed   every way of stepping side by side, over 1 to 4096 simulations, with memory; figures of docs/ (15 minutes)"
	@echo "make soak    ten million steps with random and poisoned actions (an hour)"
	@echo "make campaign-kills   drivers and workers of campaigns killed 100 times, with processes and with Ray, and a line by hours 20 times (25 minutes)"
	@echo "make campaign-scale   a campaign by one worker and by two, in turns, and the time of 10,000 totes (40 minutes)"
	@echo "make train-kills   a training run killed ten times at random moments, beside an undisturbed one (6 minutes)"
	@echo "make attest-edits   a signed scorecard edited 200 times, and cards forged before they were signed (5 minutes)"
	@echo "make train-race   our training loop and SubprocVecEnv's in turns, to the same return (6 minutes)"
	@echo "make trained   the policies that are shipped, each by three seeds, with curves and scores (four hours)"
	@echo "make trained-lead   the policy that leads the script of B1: learned, then scored beside the script (two hours)"
	@echo "make trained-clone  the policy that takes a tote from stack to conveyor: cloned, then scored beside the script (half an hour)"
	@echo "make hostile   hostile policies of every kind in their cages, with and without namespaces (2 minutes)"
	@echo "make mjx-parity   MJX beside the CPU engine: single steps, and the verdicts of 100 cycles (on one core, half an hour)"
	@echo "make fmt     rewrite the code in the project's format"
	@echo "make clean   remove what the other targets made"

score: $(VENV)/.installed
	$(BIN)/pilotline score fresh=true line=logistics

test: lint format types unit

# What the project claims, measured: yields over many cycles, the same bits at 1, 7 and 256 simulations, speed.
evidence: $(VENV)/.installed stations-evidence lines-evidence speed
	$(BIN)/pilotline score fresh=true station=tote_destack cycles=1100 seed=1 nsim=256 nthread=2 video=false out=out/evidence/tote_destack
	$(BIN)/pilotline verify out/evidence/tote_destack/scorecard.json nsim=7 nthread=1 out=out/evidence/verify_7
	$(BIN)/pilotline verify out/evidence/device_test_ideal_D0/scorecard.json nsim=1 nthread=2 out=out/evidence/verify_1
	@for name in tote_destack verify_7 verify_1; do cp out/evidence/$$name/result.json $(EVIDENCE)/$$name.json; done

# Stops of every joint with its drive, and two stations with a person who crosses them, with and without supervisor.
safety-evidence: $(VENV)/.installed
	@mkdir -p $(EVIDENCE)/safety
	$(BIN)/python -m pilotline.benchmarks.stops $(EVIDENCE)/stops.json
	for station in tote_destack device_test; do for held in off limits; do \
	  $(BIN)/pilotline score fresh=true station=$$station people=crossing supervisor=$$held cycles=60 video=false \
	    out=out/evidence/crossing_$${station}_$$held && \
	  cp out/evidence/crossing_$${station}_$$held/result.json $(EVIDENCE)/safety/$${station}_$$held.json || exit 1; \
	done; done

# Every station: many cycles in every pack, random actions, contacts.
STATIONS := tote_destack weld_fixture peg_gear screw machine_tending device_test parcel_induction
CAMPAIGNS := ideal_D0_200 harmonic_D0_100 ideal_D1_100 ideal_D2_100 ideal_D3_100
stations-evidence: $(VENV)/.installed
	@mkdir -p $(EVIDENCE)/stations
	for station in $(STATIONS); do for campaign in $(CAMPAIGNS); do set -- $$(echo $$campaign | tr _ ' '); \
	  $(BIN)/pilotline score fresh=true station=$$station actuators=$$1 pack=$$2 cycles=$$3 video=false \
	    out=out/evidence/$${station}_$$1_$$2 && \
	  cp out/evidence/$${station}_$$1_$$2/result.json $(EVIDENCE)/stations/$${station}_$$1_$$2.json || exit 1; \
	done; done
	$(BIN)/python -m pilotline.benchmarks.station_evidence $(EVIDENCE)/stations.json
	$(BIN)/python -m pilotline.benchmarks.station_table $(EVIDENCE) docs/stations.md

# One simulation each, so two lines at a time fill two cores.
LINES := logistics assembly tending packaging
lines-evidence: $(foreach name,$(LINES),$(EVIDENCE)/line_$(name).json)

$(EVIDENCE)/line_%.json: $(VENV)/.installed FORCE
	$(BIN)/pilotline score fresh=true line=$* hours=1 nthread=1 video=false out=out/evidence/line_$*
	@cp out/evidence/line_$*/result.json $@

.PHONY: FORCE
FORCE:

# A quarter of an hour of every released line by the reference policy; the cards are in the repository.
REFERENCE := docs/reference
CARDS := $(wildcard $(REFERENCE)/*/scorecard.json)
PLATFORM ?= auto
reproduce: $(VENV)/.installed
	for card in $(CARDS); do $(BIN)/pilotline verify $$card nthread=1 platform=$(PLATFORM) || exit 1; done

# After a change in outcome, which is a new version of the line.
reference: $(foreach name,$(LINES),$(REFERENCE)/$(name)/scorecard.json)

$(REFERENCE)/%/scorecard.json: $(VENV)/.installed FORCE
	$(BIN)/pilotline score fresh=true line=$* hours=0.25 nthread=1 video=false out=out/reference/$*
	@mkdir -p $(@D)
	@cp out/reference/$*/scorecard.json $@

gallery: $(VENV)/.installed
	MUJOCO_GL=egl $(BIN)/python -m pilotline.benchmarks.gallery docs/images

# Every shipped harmonic gear set on the virtual dynamometer: stiffness, error, friction and efficiency as published.
rig-catalogue: $(VENV)/.installed
	$(BIN)/pilotline rig drive=all tests=torque_torsion,transmission_error,no_load,starting,efficiency \
	  out=out/evidence/rig_catalogue
	@cp out/evidence/rig_catalogue/result.json $(EVIDENCE)/rig_catalogue.json

# Known figures found again from noisy logs: how often the intervals hold, and which form of friction wins.
identify-evidence: $(VENV)/.installed
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pilotline.benchmarks.identify.evidence \
	  out=out/evidence/identify trials=100 finer=20 workers=$(WORKERS)
	@cp out/evidence/identify/result.json $(EVIDENCE)/identify.json

# What intervals, bounds and sequential tests promise, where the truth is known.
statistics-evidence: $(VENV)/.installed
	$(BIN)/python -m pilotline.benchmarks.statistics.evidence $(EVIDENCE)/statistics.json

# One station, policy and seed with six sets of drives: the robot's own in three tiers, and three gears with motors in the arms.
TIERS := harmonic ideal servo
GEARED := csg-20-100+tbm-6025 csg-20-50+tbm-6025 csg-17-100+tbm-6013
ARMS := $(TIERS) csg-20-100 csg-20-50 csg-17-100
ARM_SCORE := score station=device_test cycles=60 nthread=1 video=false
compare-evidence: $(VENV)/.installed
	for tier in $(TIERS); do \
	  $(BIN)/pilotline $(ARM_SCORE) actuators=$$tier out=out/evidence/compare/$$tier || exit 1; done
	for joint in $(GEARED); do \
	  $(BIN)/pilotline $(ARM_SCORE) actuators=harmonic actuators.arms=$$joint \
	    out=out/evidence/compare/$${joint%%+*} || exit 1; done
	$(BIN)/pilotline compare $(addprefix out/evidence/compare/,$(ARMS)) out=out/evidence/compare/found
	@cp out/evidence/compare/found/result.json $(EVIDENCE)/compare_drives.json
	@cp out/evidence/compare/found/compare.svg docs/images/compare_drives.svg

# A peg on a compliant holder, without a robot: how difficulty grows as the fit gets closer and drier.
insertion: $(VENV)/.installed
	$(BIN)/python -m pilotline.benchmarks.insertion $(EVIDENCE)/insertion.json docs/images/insertion.svg

actuators-soak: $(VENV)/.installed
	$(BIN)/python -m pilotline.benchmarks.soak $(EVIDENCE)/actuators_soak.json

# Robots of MuJoCo Menagerie are taken along where MENAGERIE_ROOT names a checkout or the package has fetched them.
robots-hold: $(VENV)/.installed
	$(BIN)/python -m pilotline.benchmarks.hold $(EVIDENCE)/robots_hold.json

# Compiles each world once, minutes apiece; a hung JAX is ended by the time limit.
mjx-parity: $(VENV)/.installed-dev
	timeout 1h $(BIN)/python -m pilotline.benchmarks.parity $(EVIDENCE)/mjx_steps.json --cycles 0
	timeout 1h $(BIN)/python -m pilotline.benchmarks.parity $(EVIDENCE)/mjx_cycles.json --cases 0

# Other robots at the same work, and legs in balance under work, loads and pushes.
robots-evidence: $(VENV)/.installed robots-hold
	$(BIN)/pilotline score fresh=true station=device_test robot=fixed cycles=200 video=false out=out/evidence/device_test_fixed
	$(BIN)/pilotline score fresh=true station=device_test robot=biped cycles=200 video=false out=out/evidence/device_test_biped
	$(BIN)/pilotline score fresh=true station=stand robot=biped cycles=100 video=false out=out/evidence/stand_biped
	@for name in device_test_fixed device_test_biped stand_biped; do \
	  cp out/evidence/$$name/result.json $(EVIDENCE)/$$name.json; done

balance-evidence: $(VENV)/.installed
	$(BIN)/python -m pilotline.benchmarks.balance $(EVIDENCE)/balance.json

# Their pins fight with ours and with each other: each has an environment of its own under $(PEERS).
peers-env: $(foreach name,$(PEER_NAMES),$(PEERS)/$(name)/.installed)

$(PEERS)/%/.installed: benchmarks/peers/requirements/%.txt
	@echo "installing $* into $(@D)"
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python -m pip --disable-pip-version-check --quiet install -r $<
	@touch $@

peers: $(VENV)/.installed peers-env
	$(BIN)/python -m pilotline.benchmarks.peers out=out/evidence/peers peers=$(PEERS)
	@cp out/evidence/peers/result.json $(EVIDENCE)/peers.json
	$(BIN)/python -m pilotline.benchmarks.peers.table $(EVIDENCE)/peers.json docs/peers.md

# Its client wants NumPy 1, so it talks to ours from another process.
openpi: $(VENV)/.installed-dev $(OPENPI)/.installed
	$(BIN)/python -m pytest -q -rs tests/policies/remote/test_openpi.py

$(OPENPI)/.installed: tests/policies/remote/openpi.txt
	@echo "installing openpi-client into $(@D)"
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python -m pip --disable-pip-version-check --quiet install -r $<
	@touch $@

# Its launcher wants an older cloudpickle than the rest is tested with, and Ray is large.
ray: $(VENV)/.installed-dev $(RAY)/.installed
	$(BIN)/python -m pytest -q -rs tests/cli/test_sweep_ray.py

$(RAY)/.installed: pyproject.toml
	@echo "installing Ray into $(@D)"
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python -m pip --disable-pip-version-check --quiet install -e '.[train]' 'hydra-ray-launcher>=1.2.2'
	@touch $@

# With the development tools, so that Stable-Baselines3 and JAX are among what is measured.
SPEED := nsim=256 nthread=2 seconds=8 also=ideal,servo many=16 sizes=1,4,16,64,256,1024,4096 memory=1,256,4096
speed: $(VENV)/.installed-dev
	$(BIN)/pilotline speed $(SPEED) out=out/evidence/speed
	@cp out/evidence/speed/result.json $(EVIDENCE)/speed.json
	@cp out/evidence/speed/speed.svg docs/images/speed.svg
	$(BIN)/python -m pilotline.benchmarks.speed.pages $(EVIDENCE)/speed.json docs

soak: $(VENV)/.installed
	$(BIN)/python -m pilotline.benchmarks.env_soak $(EVIDENCE)/env_soak.json steps=10_000_000 nan_share=0.01

attest-edits: $(VENV)/.installed-dev
	$(BIN)/python -m pilotline.benchmarks.attest.edits $(EVIDENCE)/attest_edits.json edits=200

campaign-kills: $(VENV)/.installed-dev
	$(BIN)/python -m pilotline.benchmarks.campaign_kills $(EVIDENCE)/campaign_kills.json kills=100 ray=20 line=20

campaign-scale: $(VENV)/.installed
	$(BIN)/python -m pilotline.benchmarks.campaign_scale $(EVIDENCE)/campaign_scale.json

train-kills: $(VENV)/.installed-dev
	$(BIN)/python -m pilotline.benchmarks.train_kills $(EVIDENCE)/train_kills.json kills=10

# What is shipped: station, robot, actuators and name of the file.
TRAINED := reach,fixed,ideal,reach_fixed walk_still,menagerie:unitree_g1,servo,walk_still_g1 \
  walk,biped,harmonic,walk_biped
SEEDS := 0 1 2
trained: $(VENV)/.installed-dev
	@mkdir -p $(EVIDENCE)/training
	for each in $(TRAINED); do set -- $$(echo $$each | tr , ' '); \
	  for seed in $(SEEDS); do $(BIN)/pilotline train station=$$1 robot=$$2 actuators=$$3 trainer=sb3_ppo \
	    seed=$$seed out=out/trained/$$4/$$seed || exit 1; done; \
	  $(BIN)/python -m pilotline.benchmarks.train_evidence $(EVIDENCE)/training/$$4.json docs/images/train_$$4.svg \
	    $(addprefix out/trained/$$4/,$(SEEDS)) && \
	  cp out/trained/$$4/0/best.onnx policies/trained/$$4.onnx && \
	  $(BIN)/pilotline score fresh=true station=$$1 robot=$$2 actuators=$$3 policy=trained/$$4.onnx cycles=200 video=false \
	    out=out/trained/$$4/score && cp out/trained/$$4/score/result.json $(EVIDENCE)/training/$$4_score.json || exit 1; \
	  for seed in $(wordlist 2,$(words $(SEEDS)),$(SEEDS)); do \
	    $(BIN)/pilotline score fresh=true station=$$1 robot=$$2 actuators=$$3 policy=out/trained/$$4/$$seed/best.onnx \
	      cycles=200 video=false out=out/trained/$$4/score_$$seed && \
	    cp out/trained/$$4/score_$$seed/result.json $(EVIDENCE)/training/$$4_score_$$seed.json || exit 1; done; \
	done

# One cycle in eight has a load that this robot can hold and is graded.
TOTES := score fresh=true station=tote_destack robot=wheeled cycles=400 seed=21 video=false
trained-clone: $(VENV)/.installed-dev
	@mkdir -p $(EVIDENCE)/training
	$(BIN)/pilotline train station=tote_destack robot=wheeled trainer=dagger out=out/trained/tote_destack/0
	$(BIN)/python -m pilotline.benchmarks.train_evidence $(EVIDENCE)/training/tote_destack.json \
	  docs/images/train_tote_destack.svg out/trained/tote_destack/0
	cp out/trained/tote_destack/0/best.onnx policies/trained/tote_destack.onnx
	$(BIN)/pilotline $(TOTES) policy=trained/tote_destack.onnx out=out/trained/tote_destack/score
	$(BIN)/pilotline $(TOTES) policy=reference out=out/trained/tote_destack/script
	cp out/trained/tote_destack/score/result.json $(EVIDENCE)/training/tote_destack_score.json
	cp out/trained/tote_destack/script/result.json $(EVIDENCE)/training/tote_destack_script.json

# The last policy of the run: 8 cycles a leg show that the yield holds, not which leg is the fastest.
LED := score fresh=true station=peg_gear cycles=200 seed=21 nsim=50 video=false
trained-lead: $(VENV)/.installed-dev
	@mkdir -p $(EVIDENCE)/training
	$(BIN)/pilotline train station=peg_gear control=guided trainer=sb3_ppo out=out/trained/peg_gear/0
	$(BIN)/python -m pilotline.benchmarks.train_evidence $(EVIDENCE)/training/peg_gear.json docs/images/train_peg_gear.svg \
	  out/trained/peg_gear/0
	cp out/trained/peg_gear/0/last.onnx policies/trained/peg_gear.onnx
	$(BIN)/pilotline $(LED) policy=trained/peg_gear.onnx out=out/trained/peg_gear/score
	$(BIN)/pilotline $(LED) policy=reference out=out/trained/peg_gear/script
	$(BIN)/pilotline compare out/trained/peg_gear/script out/trained/peg_gear/score out=out/trained/peg_gear/compare
	cp out/trained/peg_gear/score/result.json $(EVIDENCE)/training/peg_gear_score.json
	cp out/trained/peg_gear/compare/result.json $(EVIDENCE)/training/peg_gear_compare.json

# Each tries what a vendor's program could; ends with an error where one of them did harm.
hostile: $(VENV)/.installed-dev
	$(BIN)/python -m pilotline.benchmarks.hostile $(EVIDENCE)/hostile.json tests/policies/sandbox/folders

train-race: $(VENV)/.installed-dev
	$(BIN)/python -m pilotline.benchmarks.train_race $(EVIDENCE)/train_race.json

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .

format: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev $(TYPED)
	$(BIN)/mypy $(addprefix $(TYPED)/,$(PACKAGES)) tests

unit: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) -q

fmt: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build out *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Pilotline needs Python 3.11, 3.12 or 3.13; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "installing into $(VENV) (once; a minute or two)"
	@$(PIP) install -c constraints.txt -e '.[table]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "installing the development tools into $(VENV)"
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@

$(TYPED):
	@mkdir -p $(@D)
	@ln -sfn ../.. $@
