"""How surprising does each model find the samples?"""

from app.components.perplexity import choose_view
from app.components.perplexity_tokens import show_tokens
from app.components.perplexity_views import show_distribution, show_length, show_or_say, show_steps
from app.components.tables import heading, show_counted
from app.counted import counts
from app.selection import chosen, run_labels

heading("Perplexity", __doc__)
selection = chosen()
view = choose_view()

if view == "distribution":
    show_or_say(show_distribution, selection)
elif view == "length":
    show_or_say(show_length, selection)
elif view == "training steps":
    show_or_say(show_steps, selection)
else:
    show_or_say(show_tokens, selection)
show_counted(counts(selection), run_labels(selection))
