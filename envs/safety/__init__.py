"""People beside the robot: body regions, a person who crosses the cell, stops, near-falls, a supervisor of drives."""
