"""A second verifier of Lineweight's evidence, in one package, written from its published documentation alone.

Why it stands alone: whoever doubts Lineweight has no reason to believe Lineweight's own verifier. This package imports
the standard library, ``cryptography`` and ``pyarrow``, and nothing of ours. It was written by somebody who read
docs/evidence.md and the test vectors, and none of the code that makes the evidence. An auditor can read it, copy the
directory anywhere, and run it from beside it::

    python -m independent PATH --trust KEY.pem [--trust …] [--bundle FILE] [--published DIR] [--statement FILE]
                               [--fast | --full | --sample N --seed WORD] [--json]

In a checkout it is ``python -m lineage.independent``. PATH is a bundle, the directory of a snapshot or of a model, a
file of weights (with ``--bundle``), or a proof (with ``--statement``). Exit codes: 0 if every link holds, 1 if one does
not (its name and one sentence say which), 2 if the question cannot be asked (no such path, no such key).

Everything fails closed: what is missing, malformed, unknown or unsigned refuses. Nothing here decides: without a
policy engine the decisions are not made again, and the report says so. It reads shard by shard; what is held whole
are one shard, the commitments of the people, the consent events, and the consumption ledger.

The files follow the page, from the bottom up: what everything rests on (``report``, ``canonical``, ``shapes``,
``trees``), keys (``envelopes``, ``rotations``), files (``files``, ``bundle``), the snapshot (from ``manifest`` to
``snapshot`` and ``sample``), the model (from ``training`` to ``model``), the log (``checkpoints``, ``log``),
``proofs``, the whole chain (``chain``), and the command line (``__main__``). Whoever calls it from Python asks a
``chain.Question`` of ``chain.verify``.
"""
