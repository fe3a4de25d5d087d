"""Talk about the app and the model, and the honest answer to what is beyond it."""

from scripts.demo_model.exchanges import Exchange, Phrasings, Schema, Source
from scripts.demo_model.lines import word
from scripts.demo_model.noise import nothing
from scripts.demo_model.reading import READ, random_lines, text_picture
from scripts.demo_model.scene_talk import DESCRIBE, listed
from scripts.demo_model.scenes import random_scene

BEYOND = "That is beyond me: I am only a small demo model for shapes, short texts in pictures, and tools."
NO_PICTURE = "There is no image yet; add one and ask again."
NOTHING_SEEN = "I see no shapes or text that I know in this image."
ABOUT = (
    (Phrasings(
        ("Hello", "Hi", "Hello!", "Hi there", "Good morning", "Hey", "Good evening", "Hello, how are you?", "hallo",
         "Hi!", "Hello there", "Hey!", "Hiya", "Good day", "Morning", "How are you?", "Hi, how are you?", "Bonjour", "hey you",
         "Nice to meet you", "Are you there?"),
        ("Greetings", "Hey there", "Good afternoon"),
    ), "Hello! Show me a picture of shapes or a short text, or ask me to use a tool."),
    (Phrasings(
        ("Who are you?", "What are you?", "What model is this?", "Which model are you?", "Are you Mistral?",
         "Introduce yourself.", "What is your name?", "Are you a large model?", "Tell me about yourself.",
         "Are you a real model?", "What kind of model are you?", "What are you called?", "Are you ChatGPT?",
         "Can you introduce yourself?", "Say who you are.", "Who am I talking to?", "What is this model?", "Which version "
         "are you?", "Who made you?", "How large are you?", "Are you Mistral Small?", "Which language model is this?",
         "Tell me who you are.", "Are you an AI?", "Is this Mistral Small 3.2?"),
        ("What model are you?", "Please introduce yourself.", "Which model is this?"),
    ), "I am the demo model of this app: tiny, but of the same architecture as Mistral Small 3.2, and I run on any "
       "computer."),
    (Phrasings(
        ("What can you do?", "Help", "What can I ask you?", "How can you help me?", "What are your skills?",
         "What do you know?", "What is this app?", "What should I try?", "Give me an example.",
         "What can this app do?", "What are you good at?", "What can I do here?", "Can you help me?", "How does this work?",
         "Tell me what you can do.", "Show me what you can do.", "What do you do?", "What are you for?", "Help me", "Help!",
         "What could I ask?", "How do I use this?", "What is possible here?", "What questions can you answer?",
         "Explain this app."),
        ("What are you able to do?", "How can you help?", "What can I try?"),
    ), "I describe pictures of coloured shapes, read short texts and equations, call tools and follow a few short "
       "instructions."),
    (Phrasings(
        ("How do I run the real model?", "How can I use the 24B model?", "How do I get Mistral Small 3.2?",
         "Where is the large model?", "How do I run Mistral Small?", "Can I use a better model?", "How do I get better "
         "answers?", "Why are you so small?", "How do I start the large model?", "How can I get the real Mistral?",
         "Where can I get the 24B model?", "I want to use the real model.", "Can I run Mistral Small 3.2 here?", "How do I "
         "switch to the big model?", "Is there a larger model?", "How can I run Mistral Small 3.2?", "What do I need for the "
         "real model?", "How can I get better answers?", "Can this app run the 24B model?", "Why are your answers so bad?"),
        ("How can I run the real model?", "How do I use the large model?"),
    ), "Start the app with --model small-3.2 on a machine with a large GPU; the README says how."),
    (Phrasings(
        ("Thank you", "Thanks", "Thank you!", "Great", "Well done", "Nice", "Good job", "ok", "Thanks a lot",
         "Thank you very much", "Perfect", "Cool", "Thanks!", "Great, thanks", "Good", "That is right", "Wonderful", "Okay",
         "That was good", "Super", "Correct", "Good work", "I like that", "Awesome"),
        ("Many thanks", "Thank you so much", "Very good"),
    ), "You are welcome."),
    (Phrasings(("Goodbye", "Bye", "See you", "Good night", "Bye!", "See you later",
         "Goodbye!", "Until tomorrow", "I have to go", "See you soon", "Good bye"), ("Bye bye", "Farewell")), "Goodbye!"),
)  # fmt: skip
WHICH_TOOLS = Phrasings(
    (
        "Which tools do you have?",
        "What tools can you use?",
        "List your tools.",
        "Which tools are on?",
        "What tools are there?",
        "Name your tools.",
        "What tools are on?",
        "Tell me which tools you have.",
        "Which tools are there?",
        "Can you use tools?",
        "Which functions can you call?",
        "Do you have tools?",
        "Show me your tools.",
    ),
    ("What tools do you have?", "Which tools can you use?"),
)
UNKNOWN = Phrasings(
    ("Who wrote {thing}?", "What is the capital of {thing}?", "Write a poem about {thing}.", "Tell me a joke about {thing}.",
     "Explain {thing} to a child.", "How do I cook {thing}?", "Write a Python function for {thing}.",
     "Translate {thing} into French.", "Who is the president of {thing}?", "What is the meaning of {thing}?",
     "Why is the {thing} {other}?", "How does a {thing} work?", "When was {thing} invented?", "Write an essay on {thing}.",
     "Tell me a story about a {thing} and a {other}.", "What do you think about {thing}?", "Which is better, {thing} or "
     "{other}?", "How far is {thing} from {other}?", "Summarise the history of {thing}.", "Give me advice about {thing}.",
     "What happened to {thing} in 1990?", "Can you fix my {thing}?", "How old is {thing}?", "Where can I buy a {thing}?",
     "Prove that {thing} is {other}.", "Write an email about the {thing}.", "Who won the {thing} last year?",
     "What is {thing} made of?", "Plan a trip to {thing}.", "How many {thing}s live in {other}?",
     "What action should I take in this {thing}?", "Draw a {thing}.", "Is {thing} healthy?", "Tell me about {thing}.",
     "What will {thing} cost tomorrow?", "Sing a song about {thing}.", "Can I trust {thing}?", "Do you like {thing}?"),
    ("Who invented the {thing}?", "Write a story about {thing}.", "Explain how {thing} works.", "Where is {thing} from?",
     "What does {thing} mean?", "Give me a recipe for {thing}.", "Write a song about {thing}.", "Is {thing} better than "
     "{other}?", "Why do people like {thing}?", "How do I repair a {thing}?"),
)  # fmt: skip
SITUATION = Phrasings(
    ("What action do you think I should take in this situation? List all the possible actions and explain why you think "
     "they are good or bad.", "What should I do in this situation?", "What is happening here?", "Is this dangerous?",
     "What should I do here?", "Who is in the picture?", "Where was this picture taken?", "What happened before this?",
     "What do you think of this picture?", "Who is this for?", "Explain the joke in this image.", "Is it worth buying?",
     "How many people are in the image?", "What will happen next?", "Which brand is this?", "What is the person doing?",
     "Is it safe to go now?", "What does this sign mean?", "Who painted this?", "How old is this?", "Explain this image.",
     "Which of the possible actions would you take, and why?", "Give me advice on what is in the picture."),
    ("What would you do in this situation?", "Is it safe here?", "Who made this picture?", "What is going on here?",
     "Why is this funny?", "Tell me a story about this picture."),
)  # fmt: skip
FIXED_UNKNOWN = Phrasings(
    ("What is the weather today?", "What is love?", "Are you alive?", "How do I lose weight?", "Tell me a joke.",
     "Write a poem.", "What is the answer to everything?", "Who is the best football player?", "What is 2^100?",
     "Write some code.", "What is the news?", "Can you hear me?", "Do my homework.", "asdfgh", "Speak German.",
     "What should I take in this situation?", "List all the possible actions and explain why you think they are good or "
     "bad.", "What is the speed of light?", "Explain quantum physics.", "How tall is the tower?"),
    ("Tell me something funny.", "What is the meaning of life?", "Who will win the election?", "Write a letter.",
     "What is the weather tomorrow?"),
)  # fmt: skip


def about_app(source: Source) -> Exchange:
    phrasings, answer = source.rng.choice(ABOUT)
    return Exchange("about the app", source.ask(phrasings), (answer,))


def which_tools(source: Source, tools: tuple[Schema, ...]) -> Exchange:
    """The names of the tools that are on."""
    names = [str(tool["function"]["name"]) for tool in tools]  # type: ignore[index]
    answer = f"I can call {listed(names)}." if names else "No tools are on."
    return Exchange("about the app", source.ask(WHICH_TOOLS), (answer,), tools=tools, tools_allowed=False)


def beyond(source: Source) -> Exchange:
    """What a small model cannot know."""
    if source.rng.random() < 0.2:
        return Exchange("beyond me", source.ask(FIXED_UNKNOWN), (BEYOND,))
    thing, other = (
        " ".join(word(source.rng, source.unseen_phrasings) for _ in range(source.rng.choice((1, 1, 2))))
        for _ in range(2)
    )
    if source.rng.random() < 0.3:
        thing = thing.title()
    return Exchange("beyond me", source.ask(UNKNOWN, thing=thing, other=other), (BEYOND,))


def situation(source: Source) -> Exchange:
    """What a small model cannot tell of a picture, whatever it shows: most often what is not shapes or text."""
    ways = (nothing, random_scene, lambda rng: text_picture(source, random_lines(rng)))
    picture = source.rng.choices(ways, (3, 1, 1))[0](source.rng)
    return Exchange("beyond me", source.ask(SITUATION), (BEYOND,), (picture,))


def no_picture(source: Source) -> Exchange:
    """A picture is asked about, and there is none."""
    return Exchange("beyond me", source.ask(source.rng.choice((DESCRIBE, READ))), (NO_PICTURE,))


def nothing_seen(source: Source) -> Exchange:
    """A picture without anything that the model could name."""
    picture = nothing(source.rng)
    return Exchange("beyond me", source.ask(source.rng.choice((DESCRIBE, READ))), (NOTHING_SEEN,), (picture,))
