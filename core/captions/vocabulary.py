"""The words for attributes and foods. One table serves both directions: writing captions and parsing prompts.

``{his}`` stands for the pronoun of the person.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """Ways to say that an attribute is present, or absent, by their place in a sentence."""

    adjectives: tuple[str, ...] = ()  # a ... person
    features: tuple[str, ...] = ()  # a person with ...
    worn: tuple[str, ...] = ()  # a person wearing ...
    doing: tuple[str, ...] = ()  # a person, ...; he is ...
    synonyms: tuple[str, ...] = ()  # read, never written


PRESENT: dict[str, Wording] = {
    "5_o_Clock_Shadow": Wording(
        ("unshaven", "stubbly"), ("a 5 o'clock shadow", "stubble", "stubble on {his} chin"), synonyms=("stubbled",)
    ),
    "Arched_Eyebrows": Wording(features=("arched eyebrows", "arched brows", "curved eyebrows")),
    "Attractive": Wording(("attractive", "good-looking", "beautiful"), synonyms=("pretty", "handsome", "gorgeous")),
    "Bags_Under_Eyes": Wording(
        features=("bags under {his} eyes", "bags under the eyes", "dark circles under {his} eyes", "tired eyes"),
        synonyms=("eye bags", "baggy eyes", "bags under eyes"),
    ),
    "Bald": Wording(
        ("bald", "bald-headed"), ("a bald head", "no hair"), synonyms=("hairless", "shaved head", "without hair")
    ),
    "Bangs": Wording(features=("bangs", "a fringe", "bangs over {his} forehead")),
    "Big_Lips": Wording(features=("big lips", "full lips", "plump lips"), synonyms=("large lips", "thick lips")),
    "Big_Nose": Wording(features=("a big nose", "a large nose", "a broad nose"), synonyms=("big noses",)),
    "Black_Hair": Wording(("black-haired",), synonyms=("raven hair",)),
    "Blond_Hair": Wording(("blond", "blond-haired", "blonde"), synonyms=("blondie",)),
    "Blurry": Wording(("blurry", "out of focus"), synonyms=("blurred", "unsharp", "fuzzy")),
    "Brown_Hair": Wording(("brown-haired", "brunette")),
    "Bushy_Eyebrows": Wording(features=("bushy eyebrows", "thick eyebrows", "bushy brows")),
    "Chubby": Wording(
        ("chubby", "plump", "heavyset"), ("chubby cheeks", "a chubby face"), synonyms=("fat", "round face")
    ),
    "Double_Chin": Wording(features=("a double chin",), synonyms=("double chinned",)),
    "Eyeglasses": Wording(
        ("bespectacled",),
        ("glasses", "eyeglasses"),
        ("glasses", "eyeglasses", "spectacles"),
        synonyms=("sunglasses", "a pair of glasses", "specs"),
    ),
    "Goatee": Wording(features=("a goatee", "a small goatee"), synonyms=("goateed",)),
    "Gray_Hair": Wording(("gray-haired", "grey-haired", "silver-haired", "white-haired")),
    "Heavy_Makeup": Wording(
        (),
        ("heavy makeup", "a lot of makeup"),
        ("heavy makeup", "makeup", "a lot of makeup"),
        synonyms=("make up", "heavy make up", "made up"),
    ),
    "High_Cheekbones": Wording(features=("high cheekbones", "prominent cheekbones")),
    "Mouth_Slightly_Open": Wording(
        features=("{his} mouth slightly open", "an open mouth", "parted lips", "a slightly open mouth"),
        synonyms=("mouth open", "mouth is open", "mouth is slightly open", "open mouthed"),
    ),
    "Mustache": Wording(("mustached",), ("a mustache", "a moustache"), synonyms=("moustached", "mustaches")),
    "Narrow_Eyes": Wording(features=("narrow eyes", "small narrow eyes"), synonyms=("squinting",)),
    "Oval_Face": Wording(features=("an oval face", "an oval shaped face")),
    "Pale_Skin": Wording(("pale", "fair-skinned", "pale-skinned"), ("pale skin", "fair skin"), synonyms=("pale face",)),
    "Pointy_Nose": Wording(features=("a pointy nose", "a pointed nose", "a sharp nose")),
    "Receding_Hairline": Wording(features=("a receding hairline", "thinning hair"), synonyms=("receding hair",)),
    "Rosy_Cheeks": Wording(
        ("rosy-cheeked",), ("rosy cheeks", "pink cheeks", "red cheeks"), synonyms=("blushing", "flushed cheeks")
    ),
    "Sideburns": Wording(features=("sideburns", "long sideburns")),
    "Smiling": Wording(
        ("smiling", "happy", "cheerful", "grinning"),
        ("a smile", "a big smile", "a happy smile", "a grin"),
        doing=("smiling", "grinning", "smiling at the camera"),
        synonyms=("laughing", "smiles", "joyful", "smiley", "laughs", "laugh"),
    ),
    "Straight_Hair": Wording(("straight-haired",)),
    "Wavy_Hair": Wording(("wavy-haired", "curly-haired"), synonyms=("curls", "waves in the hair")),
    "Wearing_Earrings": Wording(features=("earrings",), worn=("earrings", "large earrings"), synonyms=("earring",)),
    "Wearing_Hat": Wording(
        features=("a hat on {his} head",),
        worn=("a hat", "a cap"),
        synonyms=("hat", "cap", "beanie", "fedora", "hats"),
    ),
    "Wearing_Lipstick": Wording(
        features=("lipstick", "painted lips"), worn=("lipstick", "red lipstick"), synonyms=("red lips",)
    ),
    "Wearing_Necklace": Wording(features=("a necklace",), worn=("a necklace",), synonyms=("pendant", "necklaces")),
    "Wearing_Necktie": Wording(features=("a tie",), worn=("a tie", "a necktie"), synonyms=("ties", "suit and tie")),
    "Young": Wording(("young", "youthful"), synonyms=("younger", "teenage", "teenager")),
}

# Attributes whose absence has its own words; those in ABSENT_NOUNS are negated with "without" or "no".
ABSENT: dict[str, Wording] = {
    "Mouth_Slightly_Open": Wording(
        features=("{his} mouth closed", "a closed mouth"), synonyms=("mouth shut", "mouth is closed", "closed lips")
    ),
    "No_Beard": Wording(("bearded",), ("a beard", "a full beard"), synonyms=("facial hair", "beards")),
    "Smiling": Wording(
        ("serious", "unsmiling"),
        ("a serious expression", "a straight face", "a neutral expression"),
        doing=("not smiling", "looking serious"),
        synonyms=("stern", "neutral face", "sad", "angry"),
    ),
    "Young": Wording(
        ("old", "older", "elderly", "middle-aged", "aged"), synonyms=("senior", "mature", "ageing", "aging")
    ),
    "Blurry": Wording(synonyms=("sharp photo", "in focus")),
}
ABSENT_NOUNS: dict[str, tuple[str, ...]] = {
    "Bangs": ("bangs", "a fringe"),
    "Eyeglasses": ("glasses", "eyeglasses"),
    "Heavy_Makeup": ("makeup",),
    "Mustache": ("a mustache",),
    "Wearing_Earrings": ("earrings",),
    "Wearing_Hat": ("a hat",),
    "Wearing_Lipstick": ("lipstick",),
    "Wearing_Necklace": ("a necklace",),
    "Wearing_Necktie": ("a tie",),
}
NO_BEARD = Wording(("clean-shaven", "beardless"), synonyms=("shaven", "smooth shaven"))
NO_BEARD_NOUN = "a beard"

HAIR: dict[str, tuple[str, ...]] = {  # before "hair", colour and texture in either order
    "Black_Hair": ("black", "jet-black", "raven"),
    "Blond_Hair": ("blond", "blonde", "golden"),
    "Brown_Hair": ("brown", "chestnut"),
    "Gray_Hair": ("gray", "grey", "silver", "white"),
    "Straight_Hair": ("straight",),
    "Wavy_Hair": ("wavy", "curly"),
}

# (Male, Young) -> nouns; 0 is unsaid
PEOPLE: dict[tuple[int, int], tuple[str, ...]] = {
    (1, 0): ("man", "guy", "gentleman", "male person"),
    (-1, 0): ("woman", "lady", "female person"),
    (0, 0): ("person", "person", "human face"),
    (1, 1): ("boy",),
    (-1, 1): ("girl",),
    (1, -1): ("grandfather",),
    (-1, -1): ("grandmother",),
}
ALSO_PEOPLE: dict[tuple[int, int], tuple[str, ...]] = {
    (1, 0): ("male", "men", "guys", "actor", "father", "dad", "husband", "businessman", "boyfriend", "brother"),
    (-1, 0): ("female", "women", "ladies", "actress", "mother", "mom", "wife", "businesswoman", "girlfriend", "sister"),
    (1, 1): ("boys", "lad"),
    (-1, 1): ("girls",),
    (1, -1): ("grandpa",),
    (-1, -1): ("grandma", "granny"),
}
PRONOUNS: dict[int, tuple[str, str]] = {1: ("he", "his"), -1: ("she", "her"), 0: ("they", "their")}
PRONOUN_WORDS: dict[str, int] = {"he": 1, "his": 1, "him": 1, "himself": 1, "she": -1, "her": -1, "hers": -1}

FACE_OPENINGS = (
    "a photo of",
    "a portrait of",
    "a picture of",
    "a close-up of",
    "a headshot of",
    "an image of",
    "photo of",
    "portrait of",
    "a photograph of",
    "a close up photo of",
)
FOOD_OPENINGS = (
    "a photo of",
    "a picture of",
    "a close-up of",
    "an image of",
    "photo of",
    "a photograph of",
    "food photo of",
)


@dataclass(frozen=True)
class Food:
    """Ways to name a food. ``mass``: many or some of it; ``single``: with a or an before it."""

    mass: tuple[str, ...]
    single: tuple[str, ...] = ()
    servings: tuple[str, ...] = ("a plate of", "some", "a serving of", "a portion of")
    synonyms: tuple[str, ...] = ()


FOODS: dict[str, Food] = {
    "apple_pie": Food(("apple pie",), ("apple pie", "apple tart"), ("a slice of", "a piece of", "a plate of", "some")),
    "caesar_salad": Food(
        ("caesar salad",), ("caesar salad",), ("a bowl of", "a plate of", "some"), ("salad", "salads")
    ),
    "chocolate_cake": Food(
        ("chocolate cake",),
        ("chocolate cake",),
        ("a slice of", "a piece of", "a plate of", "some"),
        ("chocolate cakes",),
    ),
    "donuts": Food(("donuts", "doughnuts"), ("donut", "doughnut"), ("a box of", "a plate of", "some", "two")),
    "edamame": Food(
        ("edamame", "edamame beans", "green soybeans"), (), ("a bowl of", "a plate of", "some"), ("soybeans",)
    ),
    "french_fries": Food(
        ("french fries", "fries"), (), ("a plate of", "a basket of", "some"), ("chips", "fried potatoes")
    ),
    "fried_rice": Food(("fried rice",), (), ("a bowl of", "a plate of", "some"), ("rice",)),
    "guacamole": Food(("guacamole", "avocado dip"), (), ("a bowl of", "some"), ("guac",)),
    "hamburger": Food(
        ("hamburgers", "burgers"), ("hamburger", "burger", "cheeseburger"), ("a plate of", "two"), ("cheeseburgers",)
    ),
    "ice_cream": Food(
        ("ice cream",), ("ice cream", "ice cream sundae"), ("a bowl of", "a scoop of", "a cup of", "some"), ("gelato",)
    ),
    "macarons": Food(
        ("macarons", "french macarons"), ("macaron",), ("a plate of", "a box of", "some"), ("macaroons", "macaroon")
    ),
    "oysters": Food(("oysters", "raw oysters"), (), ("a plate of", "a dozen", "some"), ("oyster",)),
    "pancakes": Food(("pancakes",), (), ("a stack of", "a plate of", "some"), ("pancake",)),
    "pizza": Food(("pizza",), ("pizza",), ("a slice of", "a piece of", "some"), ("pizzas", "pepperoni")),
    "ramen": Food(("ramen", "ramen noodles", "ramen soup"), (), ("a bowl of", "some"), ("noodle soup", "noodles")),
    "red_velvet_cake": Food(
        ("red velvet cake",), ("red velvet cake",), ("a slice of", "a piece of", "some"), ("red velvet",)
    ),
    "steak": Food(
        ("steak", "beef steak"), ("steak", "grilled steak"), ("a plate of", "a piece of", "some"), ("steaks",)
    ),
    "strawberry_shortcake": Food(
        ("strawberry shortcake",), ("strawberry shortcake",), ("a slice of", "a piece of", "some"), ("strawberry cake",)
    ),
    "sushi": Food(
        ("sushi", "sushi rolls"), ("sushi roll",), ("a plate of", "a platter of", "some"), ("maki", "nigiri")
    ),
    "waffles": Food(("waffles", "belgian waffles"), ("waffle",), ("a plate of", "a stack of", "some")),
}
FOOD_ADJECTIVES = ("delicious", "tasty", "fresh", "homemade", "yummy")
FOOD_PLACES = ("on a plate", "on a table", "on a white plate", "in a restaurant", "for dinner", "ready to eat")

# Words without a meaning for the pictures; they are not reported as unknown.
_PLAIN_WORDS = """
a an the of with and or but who which that is are was be has have having wearing wears wear looks looking look
at to on in over under for this it its there some two box plate bowl slice piece portion serving stack scoop cup
dozen basket platter photo picture portrait image close up closeup headshot photograph head face person human
they their them someone somebody hair haired lips eyes skin chin camera table white restaurant dinner ready eat
food delicious tasty fresh homemade yummy large long small expression forehead shaped sundae please draw show me
i want just very really quite slightly little bit also his her he she him people pair full lot jet color colour
colored coloured
"""
PLAIN_WORDS = frozenset(_PLAIN_WORDS.split())
_NEGATIONS = """
no not without isn't doesn't hasn't aren't don't never neither nor none isnt doesnt hasnt wasn't lacking
"""
NEGATIONS = frozenset(_NEGATIONS.split())
# Words that end the scope of a negation.
_BARRIERS = """
and but with who wearing is are has have wears he she they although yet
"""
BARRIERS = frozenset(_BARRIERS.split())

# Words of typical prompts without a meaning here. Training captions contain some, so that the model ignores them.
_OUTSIDE = """
cinematic detailed studio lighting 4k hd realistic masterpiece painting oil drawing sketch style vintage retro
modern famous celebrity king queen pirate doctor soldier superhero outdoors city night sunset forest beach
garden kitchen street red blue green yellow purple dress jacket shirt sweater dog cat car tree flower bokeh
background dramatic soft light shadowy dark bright sharp professional award winning canon lens film
black-and-white monochrome colourful abstract minimal cute funny elegant tall strong wise mysterious holding
reading dancing standing sitting today great nice amazing perfect best quality high resolution by from near my
your
"""
OUTSIDE = tuple(_OUTSIDE.split())
