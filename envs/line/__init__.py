"""Lines: stations in one world, parts that flow between them, one robot that serves them all."""
