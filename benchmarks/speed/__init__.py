"""How fast the environments are, beside raw MuJoCo and beside what others do: `pilotline speed`."""
