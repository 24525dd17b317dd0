"""The virtual dynamometer: one joint actuator between an input and an output machine, measured as catalogues do."""
