"""Who answers a request: the protocol, and what stands around every engine."""
