"""One line and a source for every number that a page shows."""

from typing import NamedTuple


class Definition(NamedTuple):
    """What a term means, in one line, and where the definition comes from."""

    meaning: str
    source: str


GLOSSARY: dict[str, Definition] = {
    "pass@k": Definition(
        "Probability that at least one of k samples is correct: mean over problems of"
        " 1 − C(n−c, k) / C(n, k). Undefined where k > n.",
        "Chen et al. 2021, arXiv 2107.03374, eq. 1",
    ),
    "n, c, k": Definition(
        "Of one problem: samples drawn, those of them that are correct, and the number of samples"
        " asked about.",
        "Chen et al. 2021, arXiv 2107.03374",
    ),
    "pass^k": Definition(
        "Probability that all of k samples are correct: mean over problems of C(c, k) / C(n, k).",
        "Yao et al. 2024, arXiv 2406.12045",
    ),
    "G-Pass@k": Definition(
        "Probability that at least the share τ of k samples, and at least one, is correct.",
        "Liu et al. 2025, arXiv 2412.13147",
    ),
    "mG-Pass@k": Definition(
        "G-Pass@k averaged over the thresholds from one half to one: (2/k) times its sum over τ ="
        " i/k, i > ⌈k/2⌉.",
        "Liu et al. 2025, arXiv 2412.13147",
    ),
    "maj@k": Definition(
        "Probability that the most frequent answer of k samples is correct; answers that tie share"
        " it evenly, and a sample without an answer has no vote.",
        "Wang et al. 2022, arXiv 2203.11171",
    ),
    "Cover@τ": Definition(
        "Share of problems of which at least the share τ of the samples is correct, c/n ≥ τ.",
        "Dragoi et al. 2025, arXiv 2510.08325",
    ),
    "Bayesian pass@k": Definition(
        "Mean over problems of the posterior mean of 1 − (1 − p)^k, p ~ Beta(1 + c, 1 + n − c); its"
        " credible band from the posterior variances.",
        "Hariri et al. 2025, arXiv 2510.04265",
    ),
    "CoT-pass@k": Definition(
        "pass@k with D in the place of c: samples whose answer and reasoning are both correct. Its"
        " lower bound takes those that reviewers found valid, its upper one also those that nobody"
        " has read.",
        "Wen et al. 2025, arXiv 2506.14245; the bounds are ours",
    ),
    "verdict": Definition(
        "What a verifier says of a sample: correct, incorrect, no answer (none was found in it),"
        " or error (the verifier failed). All four are in n, and only correct is in c, unless left"
        " out at the left. An unverified sample has no verdict and is in no number.",
        "the four outcomes of store/schema.sql",
    ),
    "truncated": Definition(
        "The sample reached the limit of tokens before it ended. It is judged like any other,"
        " unless left out at the left.",
        "finish_reason = length in the store",
    ),
    "guess filter": Definition(
        "Drops problems that a run which answers without reasoning gets right rarely, but more than"
        " never: they can be solved by guessing.",
        "Yue et al. 2025, arXiv 2504.13837, App. C.2: less than 5 %",
    ),
    "audited": Definition(
        "Correct samples whose reasoning most reviewers call flawed or a guess are taken off c;"
        " those called ambiguous, or on which reviewers tie, leave n and c. What nobody has read"
        " stays.",
        "after Yue et al. 2025, arXiv 2504.13837, and Wen et al. 2025, arXiv 2506.14245",
    ),
    "Cohen's kappa": Definition(
        "Agreement of two reviewers beyond chance, (p_o − p_e) / (1 − p_e): p_o is the share of"
        " samples with the same label, p_e that of reviewers who use each label as often, but"
        " independently. 1 is full agreement, 0 chance. Undefined where both use one label only.",
        "Cohen 1960; interval: score, with the variance of Fleiss, Cohen & Everitt 1969",
    ),
    "Krippendorff's alpha": Definition(
        "Agreement of any number of reviewers beyond chance, 1 − D_o / D_e: how often two labels"
        " of one sample differ, by how often any two labels do. Nominal; a sample needs two labels."
        " Undefined where all labels are the same.",
        "Krippendorff 2004, Content Analysis, ch. 11; interval as of kappa",
    ),
    "tally of valid reasoning": Definition(
        "Problems with 0 < c/n < 5 %, and those of them of which a reviewer found at least one"
        " correct sample valid. A problem without a valid but with an ambiguous one leaves the"
        " denominator; it may still change while correct samples are unread.",
        "Yue et al. 2025, arXiv 2504.13837: 7 answered, 5 of 6 on AIME24",
    ),
    "false positives of a verifier": Definition(
        "Of the samples that it calls correct, the share that reviewers call flawed or a guess,"
        " among the first in random order: up to the last one that the queue “random” has shown,"
        " while none is unread. Ambiguous ones are left out.",
        "interval: Clopper & Pearson 1934, exact; also known as false discovery rate",
    ),
    "false negatives of a verifier": Definition(
        "Of the samples that it does not call correct, the share that reviewers call valid, among"
        " the first in random order, counted as for false positives. Ambiguous ones are left out.",
        "interval: Clopper & Pearson 1934, exact; also known as false omission rate",
    ),
    "corrected pass@k": Definition(
        "1 − Σ_j H(j; n, c, k) fp^j (1 − fn)^(k−j), H hypergeometric: pass@k if each verdict"
        " “correct” is wrong with chance fp and each other one with chance fn, independently. At"
        " large k it"
        " hangs on that independence, hence the least, where the errors in a problem strike all its"
        " samples together.",
        "ours, after Chen et al. 2021; the least is Fréchet's bound",
    ),
    "corrected by truth": Definition(
        "pass@k less what wrong samples that were passed have added, more what correct ones that"
        " were failed have taken away: mean of (1 − q)^k − (1 − p)^k, q = p (1 − b) + (1 − p) a,"
        " where the verifier passes a wrong sample with chance a and fails a correct one with b on"
        " every problem.",
        "distribution of p: Kiefer & Wolfowitz 1956; a and b from both error rates; ours",
    ),
    "forecast beyond n": Definition(
        "pass@k of a beta-binomial distribution with a mass at zero that fits n and c best:"
        " (1 − π)(1 − B(α, β + k) / B(α, β)). The held-out error is its distance from the estimate"
        " when it is fitted to a quarter of the samples.",
        "after Kazdan et al. 2025, arXiv 2510.05197",
    ),
    "guessing": Definition(
        "What independent guesses reach: mean over problems of 1 − (1 − g)^k, g the accuracy of"
        " answers given without reasoning.",
        "after arXiv 2504.13837, App. C.2",
    ),
    "gap of pass@k": Definition(
        "pass@k of the other run less that of the base, over the problems that both have; the"
        " band is paired by problem.",
        "arXiv 2504.13837, Fig. 2; band: docs/intervals.md",
    ),
    "problems like these": Definition(
        "Band that answers: what if the benchmark had other problems of the same sort?"
        " Problems vary, paired across runs.",
        "Wilson 1927; Newcombe 1998; Miller 2024, arXiv 2411.00640",
    ),
    "these problems": Definition(
        "Band that answers: what if the same problems were sampled again? Only the samples vary.",
        "docs/intervals.md",
    ),
    "crossover": Definition(
        "Smallest k from which on the base is never below the other run, up to the last k"
        " that both have. Its interval is what the band of the gap allows; “none” and a tie"
        " are answers.",
        "arXiv 2504.13837, Fig. 2; interval: docs/intervals.md",
    ),
    "wins, ties, losses": Definition(
        "Problems of which the other run's share of correct samples, c / n, is higher, equal"
        " or lower than the base's.",
        "compared as exact fractions",
    ),
    "McNemar's test": Definition(
        "Do the problems that only one of two runs solves within k split evenly? Exact two-"
        " sided binomial test.",
        "McNemar 1947",
    ),
    "Δ_SE": Definition(
        "pass@k_max of the base less pass@1 of the other run: what one sample of the other"
        " run still lacks. Smaller is better.",
        "arXiv 2504.13837, section 4.3",
    ),
    "AUC@k": Definition(
        "Mean height of the curve pass@1 … pass@k by the trapezoid rule, linear in k.",
        "Hu et al. 2026, arXiv 2601.08763",
    ),
    "SRR": Definition(
        "Support retention rate: of the problems that the base solves, the share that the"
        " other run solves too.",
        "arXiv 2507.14843",
    ),
    "NDR": Definition(
        "Net discovery rate: of the problems that the other run solves, the share that the"
        " base does not.",
        "arXiv 2507.14843",
    ),
    "SDS": Definition(
        "Support dynamic score: harmonic mean of SRR and NDR.",
        "arXiv 2507.14843",
    ),
    "NSCR": Definition(
        "Net support change rate: problems that only the other run solves less those that"
        " only the base does, by those that any of them does.",
        "arXiv 2507.14843",
    ),
    "regime": Definition(
        "Diminish: pass@1 rises and pass@k_max falls. Where both rise, Plateau: less than"
        " half of the gain came since an earlier checkpoint; Sustained: more came for certain."
        " “none”: no such case, or no earlier checkpoint; “undecided”: a band holds 0.",
        "after arXiv 2505.24864",
    ),
    "what would settle it": Definition(
        "The number of problems, or of samples per problem, at which the band of a gap of"
        " this size would leave out 0.",
        "docs/intervals.md",
    ),
    "parity checks": Definition(
        "Whether both runs were made and judged alike. Rates differ if they are more than 2"
        " points apart; texts are suspicious if 1 % are identical and have 200 characters or"
        " more, or stand under the same sample number.",
        "arXiv 2504.07086, 2509.21882",
    ),
    "accuracy": Definition(
        "c / n of one problem: the share of its samples that are correct. Its mean over problems"
        " is pass@1; undefined where n = 0.",
        "Yue et al. 2025, arXiv 2504.13837, Fig. 5",
    ),
    "accuracy bins": Definition(
        "Problems with accuracy 0, in (0, 0.1], (0.1, 0.2] … (0.9, 1), and 1: never and always"
        " are bins of their own.",
        "Yue et al. 2025, arXiv 2504.13837, Fig. 5",
    ),
    "cumulative accuracy": Definition(
        "Share of problems with c / n ≥ a, at every a: the mean of Cover@τ at τ = a.",
        "Dragoi et al. 2025, arXiv 2510.08325",
    ),
    "flow between bins": Definition(
        "Of the problems in one bin under the base, how many are in which bin under the other"
        " run; problems with samples of both.",
        "numbers of problems; bins as in arXiv 2504.13837, Fig. 5",
    ),
    "perplexity": Definition(
        "exp(−(1/T) Σ ln P(token)) over the T tokens of a completion, the prompt given: how"
        " surprising a model finds it, per token; 1 at least. Undefined without tokens, infinite"
        " where a token has probability 0.",
        "Yue et al. 2025, arXiv 2504.13837, section 4.1",
    ),
    "PPL_scorer(Y_sampler)": Definition(
        "Perplexity under the model `scorer` of the samples that the run `sampler` drew. The same"
        " samples under two scorers, or two runs' samples under one scorer, can be compared.",
        "Yue et al. 2025, arXiv 2504.13837, Fig. 6",
    ),
    "quartiles and whiskers": Definition(
        "Quartiles interpolate linearly between samples; whiskers end at the outermost values"
        " within 1.5 interquartile ranges of the box.",
        "Tukey 1977, Exploratory Data Analysis; quantiles of type 7, Hyndman & Fan 1996",
    ),
    "not scored": Definition(
        "Stored samples, of those that count, without a log-probability under this scorer: not"
        " computed, or with its prompt the sample is longer than the scorer can take.",
        "numbers of samples",
    ),
    "length-matched": Definition(
        "Samples in bins of length in which every group has some, weighted such that each bin has"
        " the same share in every group: the mean of its shares of the groups.",
        "direct standardisation; bins hold equally many samples of all groups together",
    ),
    "effective n": Definition(
        "(Σw)² / Σw² of the weights: how many samples of equal weight would say as much.",
        "Kish 1965, Survey Sampling",
    ),
    "perplexity over training": Definition(
        "Median over the samples of a problem, then mean over problems, the same problems at"
        " every checkpoint: PPL_base(Y_checkpoint) where the base scores.",
        "Yue et al. 2025, arXiv 2504.13837, App. C.4: 32 samples, the first 10 problems",
    ),
    "Δ log p of a token": Definition(
        "ln P(token) under one scorer minus that under another, the text before it given. The sum"
        " over the tokens is the difference of the completion's log-probabilities, in nats.",
        "log-likelihood ratio",
    ),
    "solvable at k": Definition(
        "At least `threshold` (1 unless chosen) of k samples are correct: all samples where k = n,"
        " the first k where k < n. It says nothing of larger k.",
        "Yue et al. 2025, arXiv 2504.13837, Tables 2, 5 and 6",
    ),
    "expected number of problems": Definition(
        "Where k < n and only counts are stored: Σ over problems of the product of each run's"
        " hypergeometric chance to solve it, or not, among k of its n samples.",
        "runs are sampled independently; at threshold 1 the chance is pass@k, Chen et al. 2021",
    ),
    "upper bound of an unsolved problem": Definition(
        "p ≤ 1 − 0.05^(1/n) with 95 % confidence where none of n samples is correct: exact, and"
        " shown; the rule of three, 3/n, is near it.",
        "Clopper & Pearson 1934; Hanley & Lippman-Hand 1983",
    ),
    "subset check": Definition(
        "other ⊂ base: the base solves all that the other run solves, at this k. Nearly: a tenth"
        " of the other's set at most lies outside the base's.",
        "Yue et al. 2025, arXiv 2504.13837, App. C.7; the tenth is ours",
    ),
    "UpSet plot": Definition(
        "Each column is one combination of runs, the filled dots: its bar counts the problems that"
        " exactly these runs solve.",
        "Lex et al. 2014, IEEE TVCG 20(12)",
    ),
    "k_max": Definition(
        "The largest k that is asked about: at most the n of the problem with the fewest samples"
        " in any run compared.",
        "arXiv 2504.13837, App. A.2",
    ),
    "training step": Definition(
        "Updates of the model since its base, which is step 0; as stated of the checkpoint.",
        "the study file",
    ),
    "gained and lost": Definition(
        "Problems that one checkpoint solves within k samples and the one before it does not, and"
        " the reverse.",
        "arXiv 2507.14843, Table 4",
    ),
    "answer entropy": Definition(
        "Shannon entropy, −Σ p ln p in nats, of the answers that a verifier extracted from a run's"
        " samples of one problem: 0 where all agree, ln m where m answers are equally frequent."
        " The right answers are one answer. Samples without an extracted answer do not count.",
        "Shannon 1948; over answers as in Farquhar et al. 2024, Nature 630",
    ),
    "token entropy": Definition(
        "Mean over generated tokens of −Σ p ln p, in nats, of the raw distribution from which the"
        " token was drawn.",
        "arXiv 2504.13837, section 4.4, gives no formula",
    ),
    "training log": Definition(
        "What the trainer wrote down per step: mean reward, mean response length in tokens, mean"
        " token entropy.",
        "arXiv 2504.13837, Fig. 19",
    ),
}
