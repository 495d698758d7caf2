"""The rows of a table, understood by a plan: each a problem with one sample, with several in lists,
or with counts. What a row tells of its run is in table_runs.py.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from store.importers.facts import Facts
from store.importers.found import (
    Drawn,
    Found,
    Unfit,
    Verdict,
    clean,
    id_of,
    id_of_text,
    list_of,
    said,
    shown,
    token_ends,
    whole_of,
)
from store.importers.table_columns import Plan
from store.importers.table_counts import counts_of
from store.importers.table_leaves import MISSING, asked_in, is_chat
from store.importers.table_tokens import ids, logprobs, number, total
from store.importers.table_values import Row, completion, getter, single
from store.importers.table_verdicts import judged

RAGGED = "completions or scores without the other, of ragged rows"
UNLIKE = "lists of another length than their completions, not taken"
EMPTY = "completions that are null are empty ones"
DIFFERENT = "problems whose own count of correct samples is not that of their verdicts"
TEXTS = ("question", "reference", "subject", "level", "prompt", "seed")
BESIDE = (
    "finish_reason", "truncated", "n_tokens", "sum_logprob", "sample", "uid",
    "token_logprobs", "token_ids", "tokens",
)  # fmt: skip
LONGEST = 2000  # characters of metadata


class Rows:
    """Turns records into what is found in them."""

    def __init__(
        self, plan: Plan, verifier: str, threshold: float | None, texts_only: bool = False
    ) -> None:
        self.plan, self.verifier, self.threshold = plan, verifier, threshold
        self.texts_only = texts_only  # cells are text: an empty one may be an empty completion
        self.notes: Counter[str] = Counter()
        self.get = {name: getter(path) for name, path in plan.at.items()}
        self.twins = [(".".join(path), getter(path)) for path in plan.twins]
        self.names = {name: ".".join(path) for name, path in plan.at.items()}
        told = plan.at.keys() | plan.constants.keys()
        self.texts = [name for name in TEXTS if name in told]
        self.beside_text = [name for name in BESIDE if name in plan.at]

    def found(self, where: str, row: Row, facts: Facts, position: int) -> Found:
        """What one record tells. Raises Unfit."""
        self.notes.clear()  # of a record before that was bad
        notes = self.notes
        texts = {name: self.text(row, name) for name in self.texts}
        problem_id, question = self.problem(row, texts, position)
        samples, counts = self.samples(row, notes), None
        if "completion" not in self.get:
            counts, samples = counts_of(self, row, notes), []
        if notes:
            self.notes = Counter()
        return Found(
            where,
            problem_id,
            samples,
            facts,
            question,
            texts.get("reference"),
            texts.get("subject"),
            texts.get("level"),
            self.metadata(row) if self.plan.metadata else None,
            texts.get("prompt"),
            position if self.plan.position else None,
            texts.get("seed"),
            counts,
            notes,
        )

    # the problem

    def problem(
        self, row: Row, texts: Mapping[str, str | None], position: int
    ) -> tuple[str, str | None]:
        """The problem's id and question."""
        question = texts.get("question")
        if question is None and "question" in self.get and "problem_id" not in self.get:
            raise Unfit(self.names["question"], "is missing, and tells which problem it is")
        if question is None and "prompt" in self.get:
            question = texts["prompt"]
        if "problem_id" in self.plan.constants:
            return self.plan.constants["problem_id"], question
        if "problem_id" in self.get:
            value, name = self.get["problem_id"](row), self.names["problem_id"]
            if value is MISSING or value is None:
                raise Unfit(name, "is missing" if value is MISSING else "is null")
            if self.plan.at["problem_id"] == self.plan.at.get("question"):
                return id_of_text(str(value)), question
            return id_of(value, name), question
        if self.plan.position:
            return str(position), question
        if question is None or not question.strip():
            raise Unfit(self.names.get("prompt", "question"), "is missing, and tells the problem")
        return id_of_text(question), question

    def text(self, row: Row, name: str) -> str | None:
        """A text of this field; of a chat what was asked, of a list of one its item."""
        if name not in self.get:
            return self.plan.constants.get(name)
        value = self.get[name](row)
        if isinstance(value, str):
            return clean(value) or None
        if is_chat(value):
            if name == "prompt":
                return said(value)
            value = asked_in(value)  # type: ignore[arg-type]
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if value is MISSING or value is None:
            return None
        if name == "question" and not isinstance(value, str):
            raise Unfit(self.names[name], f"is {shown(value)}, and must be a text")
        return said(value)

    def metadata(self, row: Row) -> Mapping[str, object] | None:
        """What else is said of the problem, where it is short."""
        found = {name: row[name] for name in self.plan.metadata if row.get(name) is not None}
        kept = {}
        for name, value in found.items():
            try:
                written = said(value)
            except (TypeError, ValueError):
                continue
            if written is not None and len(written) <= LONGEST:
                kept[name] = value
        return kept or None

    # its samples

    def samples(self, row: Row, notes: Counter[str]) -> list[Drawn]:
        """The samples of the record."""
        if "completion" not in self.get:
            return []
        value, name = self.get["completion"](row), self.names["completion"]
        if value is MISSING or (value is None and (self.plan.axis or not self.texts_only)):
            raise Unfit(name, "is missing" if value is MISSING else "is null")
        if self.plan.axis == 0:
            return [self.one(row, completion(value or "", name))]
        texts = list_of(single(value), name)
        if empty := sum(text is None for text in texts):
            notes[EMPTY] += empty
        return self.several(row, [completion(text or "", name) for text in texts], notes)

    def one(self, row: Row, text: str) -> Drawn:
        """The sample of a record that has one."""
        values = {name: self.get[name](row) for name in self.beside_text}
        verdict = self.get["correct"](row) if "correct" in self.get else None
        answer = self.get["answer"](row) if "answer" in self.get else MISSING
        twins = [(name, get(row)) for name, get in self.twins]
        return self.drawn(text, verdict, answer, twins, values)

    def several(self, row: Row, texts: list[str], notes: Counter[str]) -> list[Drawn]:
        """The samples of a record that has lists."""
        n = len(texts)
        verdicts: Sequence[object] = [None] * n
        if "correct" in self.get:
            verdicts = self.listed(row, "correct")
            if len(verdicts) != n:
                notes[RAGGED] += abs(len(verdicts) - n)
                n = min(n, len(verdicts))
        names = [*self.beside_text, *(["answer"] if "answer" in self.get else [])]
        lists = {name: self.beside(row, name, len(texts), notes) for name in names}
        twins = {name: list_of(get(row), name, len(verdicts)) for name, get in self.twins}
        drawn = []
        for i in range(n):
            values = {name: values[i] for name, values in lists.items() if name != "answer"}
            answer = lists["answer"][i] if "answer" in lists else MISSING
            others = [(name, values[i]) for name, values in twins.items()]
            drawn.append(self.drawn(texts[i], verdicts[i], answer, others, values))
        self.check_count(row, drawn, notes)
        return drawn

    def listed(self, row: Row, name: str) -> list[object]:
        """The list of this field. Raises Unfit."""
        value = self.get[name](row)
        if value is MISSING or value is None:
            raise Unfit(self.names[name], "is missing" if value is MISSING else "is null")
        return list_of(single(value), self.names[name])

    def beside(self, row: Row, name: str, n: int, notes: Counter[str]) -> list[object]:
        """The values of this field for each sample; nulls where the list has another length."""
        value = self.get[name](row)
        if isinstance(value, list) and len(value) == n:
            return value
        if isinstance(value, list):
            notes[UNLIKE] += 1
        return [None if isinstance(value, list) or value is MISSING else value] * n

    def drawn(
        self,
        text: str,
        verdict: object,
        answer: object,
        twins: Sequence[tuple[str, object]],
        values: Mapping[str, object],
    ) -> Drawn:
        """One sample."""
        verdicts = self.verdicts(verdict, answer, twins)
        if not values and "finish_reason" not in self.plan.constants:
            return Drawn(text, verdicts)
        told = {name: None if value is MISSING else value for name, value in values.items()}
        lp = logprobs(told.get("token_logprobs"), self.names.get("token_logprobs", ""))
        token_ids = ids(told.get("token_ids"), self.names.get("token_ids", ""))
        if lp is not None and token_ids is not None and len(lp) != len(token_ids):
            reason = f"has {len(token_ids)} tokens, and {self.names['token_logprobs']} {len(lp)}"
            raise Unfit(self.names["token_ids"], reason)
        tokens = told.get("tokens")
        whole = tokens and isinstance(tokens, list) and all(isinstance(t, str) for t in tokens)
        ends = token_ends(tokens, text) if whole else None  # type: ignore[arg-type]
        if lp is None and token_ids is None:
            ends = None
        n_tokens = number(told.get("n_tokens"), self.names.get("n_tokens", ""))
        index = told.get("sample")
        return Drawn(
            text,
            verdicts,
            self.ended(told),
            len(lp) if lp is not None else n_tokens,
            total(told.get("sum_logprob"), self.names.get("sum_logprob", "")),
            token_ids,
            lp,
            ends,
            number=None if index is None else whole_of(index, self.names["sample"]),
            uid=said(told.get("uid")),
        )

    def ended(self, told: Mapping[str, object]) -> str | None:
        """Why the sample ended."""
        reason = self.plan.constants.get("finish_reason") or said(told.get("finish_reason"))
        if reason is None and told.get("truncated") in (True, 1, "true", "True"):
            return "length"
        return reason

    def verdicts(
        self, verdict: object, answer: object, twins: Sequence[tuple[str, object]]
    ) -> tuple[Verdict, ...]:
        """What the table says of the sample."""
        if "correct" not in self.get:
            return ()
        name = self.names["correct"]
        if verdict is MISSING:
            raise Unfit(name, "is missing")
        outcome, note = judged(verdict, name, self.plan.graded, self.threshold)
        for other, value in twins:
            if judged(value, other, self.plan.graded, self.threshold)[0] != outcome:
                raise ValueError(
                    f"`{name}` and `{other}` say the same of the first samples, but of a later one "
                    f"{shown(verdict)} and {shown(value)}: give --field correct={name} or {other}."
                )
        if outcome is None:
            self.notes[note] += 1
            return ()
        known = None if answer is MISSING or answer is None else said(answer)
        nothing = known is None or not known.strip() or known == "NaN"
        if outcome == "incorrect" and answer is not MISSING and nothing:
            outcome = "no_answer"
        return (Verdict(self.verifier, outcome, known),)

    def check_count(self, row: Row, drawn: Sequence[Drawn], notes: Counter[str]) -> None:
        """Note where the record's own count of correct samples is another."""
        if "c" in self.get and isinstance(c := self.get["c"](row), int):
            right = sum(v.outcome == "correct" for each in drawn for v in each.verdicts)
            notes.update([DIFFERENT] if right != c else [])
