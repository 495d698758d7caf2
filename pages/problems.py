"""Which problems are there, what does each run make of them, and where does a text occur?"""

from app.components.definitions import show_definitions
from app.components.problems import problems_of, row_of_controls
from app.components.problems_choice import choose_problems, choose_threshold
from app.components.problems_hits import show_hits
from app.components.problems_search import choose_search, find
from app.components.problems_table import show_problem_table
from app.components.tables import heading, show_counted
from app.components.texts_left_out import say_texts_left_out
from app.counted import counts
from app.selection import chosen, run_labels

heading("Problems", __doc__)
say_texts_left_out()
selection = chosen()
counted = counts(selection)

asked = choose_search()
place = row_of_controls()
shown = problems_of(selection, counted, choose_threshold(place, counted))
found = find(shown, asked)

problems = choose_problems(place, shown, found)
show_problem_table(shown, problems, found)
show_hits(shown, problems, found, asked)
show_definitions("accuracy", "n, c, k", "verdict", "solvable at k", "answer entropy", "perplexity")
show_counted(counted, run_labels(selection))
