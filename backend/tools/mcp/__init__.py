"""Tools of MCP servers. The SDK is imported where a connection is made, and nowhere before."""
