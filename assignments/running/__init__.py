"""How a student's code is run: in a sandbox, within limits, and with tests it cannot answer for."""
