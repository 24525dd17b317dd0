"""Several workers at one campaign: processes here, or tasks on a cluster of Ray."""
