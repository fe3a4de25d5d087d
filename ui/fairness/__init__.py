"""How what the server holds for all visitors is divided among them."""
