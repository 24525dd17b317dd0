"""Arms side by side: which robot, policy or actuator is better, by how much, how certain, at what cost."""
