"""The names under which other people's tables have what we know, the most telling first.

A name is compared without capitals, punctuation and the s of a plural; the last two parts of a
nested one count together too (`model.name` is `modelname`).
"""

import re
from collections.abc import Sequence

# What one problem has once.
PROBLEM = {
    "problem_id": (
        "problemid problemidx problemindex problemkey questionid questionidx questionindex qid "
        "taskid taskidx exampleid exampleidx exampleindex docid promptid promptidx promptindex "
        "problemname instanceid itemid puzzleid caseid uniqueid problemuid idx id index key "
        "sampleid slug"
    ),
    "question": (
        "question problem questiontext problemtext questioncontent problemstatement "
        "problemdescription taskdescription puzzle query instruction usermessage input"
    ),
    "reference": (
        "reference referenceanswer gold goldanswer goldlabel goldstandard groundtruth "
        "groundtruthanswer gt gtanswer target targetanswer expected expectedanswer expectedoutput "
        "correctanswer correctoption correctchoice answerkey trueanswer truth solutiongt "
        "referencesolution goldsolution"
    ),
    "subject": "subject category topic subfield subset domain type",
    "level": "level difficulty difficultylevel",
    "prompt": "prompt fullprompt formattedprompt inputprompt prompttext promptmessage",
}

# What one sample has.
SAMPLE = {
    "sample": (
        "sampleidx sampleindex samplenumber sampleno rolloutidx rolloutindex rolloutid rollout "
        "generationidx generationindex generationid genidx completionidx completionindex "
        "completionid responseidx responseindex responseid candidateidx trajectoryidx trajectoryid "
        "idxanswer attempt attemptidx attemptindex trial trialidx trialindex traintrialindex "
        "repeat repeatidx repeatindex repetition epoch sampleid sample"
    ),
    "answer": (
        "extractedanswer parsedanswer predictedanswer extractedprediction extracted parsed pred "
        "prediction predtoken predanswer predvalue modelanswer answerextracted finalpred "
        "extractedfinalanswer"
    ),
    "finish_reason": "finishreason stopreason stopcondition donereason finishtype endreason",
    "truncated": "truncated istruncated wastruncated hitlimit",
    "n_tokens": (
        "ntoken numtoken numgeneratedtoken completiontoken outputtoken generatedtoken "
        "responsetoken responselength outputlength completionlength generationlength genlen "
        "tokencount numoutputtoken numcompletiontoken newtoken token"
    ),
    "sum_logprob": (
        "sumlogprob logprobsum totallogprob cumulativelogprob sequencelogprob seqlogprob"
    ),
}

# What one token has.
TOKEN = {
    "token_logprobs": "tokenlogprob logprob logp logprobability outputlogprob outputtokenlogprob",
    "token_ids": (
        "tokenid outputtokenid outputid completionid completiontokenid generatedid responseid "
        "responsetoken outputtoken token"
    ),
    "tokens": "token outputtoken tokenstring tokentext generatedtoken",
}

# What one run has.
RUN = {
    "model": "model modelname modelid llm modelpath modelalias",
    "benchmark": "benchmark benchmarkname dataset datasetname evaluationname taskname datasource",
    "prompt_template": "prompttemplate template prompttype promptname promptversion promptstyle",
    "temperature": "temperature temp samplingtemperature",
    "top_p": "topp nucleusp",
    "max_tokens": "maxtoken maxnewtoken maxgentok maxgentoken maxcompletiontoken",
    "step": "step globalstep trainingstep trainstep checkpointstep iteration",
    "revision": "modelrevision revision checkpoint checkpointname ckpt",
    "seed": "seed samplingseed",
}

COUNTS = {
    "n": (
        "n nsample numsample nrollout numrollout ntotal total ngeneration numgeneration ncompletion"
        " numcompletion nattempt numattempt ntrial numtrial samplecount totalsample"
    ),
    "c": (
        "c ncorrect numcorrect correctcount numbercorrect npass npassed numpassed nsuccess "
        "numsuccess passcount successcount correctsample correct passed"
    ),
}

# A text of the model by these names is a completion. Others are one only where a verdict stands
# beside them: they may as well be what the benchmark says.
COMPLETION = (
    "completion response generation generatedtext modeloutput modelresponse modelcompletion "
    "modelgeneration rawgeneration rawoutput rawresponse rawcompletion outputtext responsetext "
    "completiontext fullresponse fulloutput rollout output generated gen text content message y "
    "reply candidate hypothesis resp trajectory generatedsolution generatedcode modelsolution "
    "sample predictedtext traj value"
)
DOUBTFUL = "prediction pred predictedanswer modelanswer allmessage message conversation solution "
DOUBTFUL += "code answer"

# Verdicts; and numbers that may be verdicts, if they are 0 and 1 or a threshold is given.
VERDICT = (
    "correct iscorrect correctness acc accuracy passed ispassed pass issolved solved resolved "
    "success issuccess issuccessful isright verdict judgement judgment graded grade exactmatch em "
    "ismatch rawscoredgeneration scoredgeneration outcome"
)
SCORE = "score reward r result status evalscore finalscore rating"
OTHER_VERDICT = re.compile(
    r"(^|[_.\- ])(is_?)?(correct|correctness|passed|solved|acc|match|reward|score)([_.\- ]|$)",
    re.IGNORECASE,
)

# What stands within these is said of the problem, and no text or verdict of a sample.
OF_PROBLEM = "doc task metadata extrainfo rewardmodel usage config param samplingparam argument"

# And what stands within these is said of a sample.
OF_SAMPLE = "metric score eval evaluation judge judgement timing result grade"

FIELDS = {**PROBLEM, **SAMPLE, **TOKEN, **RUN, **COUNTS}
CHOICES = ("completion", "correct", "metadata", "threshold", "verifier", "arm", "arms", "uid")


def words(names: str) -> tuple[str, ...]:
    """The names of one of the lists above."""
    return tuple(dict.fromkeys(names.split()))


def normal(name: str) -> str:
    """The name without capitals and punctuation."""
    return re.sub(r"[^a-z0-9]+", "", name.lower())


def forms(path: Sequence[str]) -> list[str]:
    """The forms under which a path's name may be in a list: as it is, without plural or `list`."""
    last = normal(path[-1])
    both = [last] if len(path) == 1 else [last, normal(path[-2]) + last]
    cut = [name.removesuffix("list").removesuffix("s") for name in both]
    return [*both, *cut, *(name.removesuffix("s") for name in both)]


def place_in(names: str, path: Sequence[str]) -> int | None:
    """How early one of the path's forms stands among the names; None: none does."""
    listed = words(names)
    found = [listed.index(form) for form in forms(path) if form in listed]
    return min(found) if found else None
