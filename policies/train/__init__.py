"""Training: a chain of legs, each of which begins from the files that the last one left.

`legs.run` is the chain, `plan.Plan` what is asked of it, `learner.Learner` what a library has to do; `sb3.py`,
`sbx.py` and `brax.py` do it with Stable-Baselines3, SBX and Brax.
"""
