"""What programs ask for, as they write it: bytes -> values of OpenAI's protocol, or one sentence on what is wrong."""
