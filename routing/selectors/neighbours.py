"""Items whose texts are alike, by the terms that local models left behind with their predictions.

The vectors stand on the predictions themselves, so that they cost no further row, and are compared in SQL, so that nobody has
to fetch them. What people answered is found through its weightiest terms: each of the asked item's is looked up in each of the
first places, newest first and a few at a time. So a look-up costs the same whether ten or a hundred thousand items share a word,
and a flood of unanswered items hides no answer. The latest answers are compared in any case: they are all there is at first.
On real texts at least nine in ten of the three nearest are found.
"""

from routing.domain.term_vectors import FOUND_BY, PARTS

LEAST_ALIKE = 0.1
_LOOKED_UP = 16
_A_LOOK_UP = 50
_CANDIDATES = 200
_LATEST = 200

_BY_PLACE = " UNION ALL ".join(
    f"""
        (SELECT o.item_id FROM routing_observation o
          WHERE o.workflow_id = %(workflow)s::uuid AND o.terms IS NOT NULL AND o.terms[{place}] = asked.term
          ORDER BY o.item_id DESC LIMIT {_A_LOOK_UP})"""  # noqa: S608 - composed of constants
    for place in range(1, FOUND_BY + 1)
)

# The item's own vector, as a part of a WITH list.
ASKED_SQL = """
asked AS MATERIALIZED (
    SELECT * FROM unnest(%(terms)s::int4[], %(weights)s::int2[]) WITH ORDINALITY AS t (term, weight, nth)
)"""

# Behind `asked`: answered items of the workflow, those that share the most and the latest.
ANSWERED_SQL = f"""
answered AS MATERIALIZED (
    (SELECT hit.item_id
       FROM asked CROSS JOIN LATERAL ({_BY_PLACE}) hit
      WHERE asked.nth <= {_LOOKED_UP} AND hit.item_id <> %(item)s::uuid
      GROUP BY hit.item_id
      ORDER BY sum(asked.weight) DESC, hit.item_id DESC
      LIMIT {_CANDIDATES})
    UNION
    (SELECT o.item_id FROM routing_observation o
      WHERE o.workflow_id = %(workflow)s::uuid AND o.item_id <> %(item)s::uuid
      ORDER BY o.occurred_at DESC LIMIT {_LATEST})
)"""  # noqa: S608 - composed of constants

# The vector of an item's latest prediction, as a LATERAL part; {item} is a column.
VECTOR_SQL = """(SELECT p.terms, p.term_weights FROM routing_prediction p WHERE p.item_id = {item} ORDER BY p.attempt DESC LIMIT 1)"""

# The cosine between `asked` and a `vector`, as a LATERAL part with the one column `similarity`; 0 where they share nothing.
SIMILARITY_SQL = f"""(SELECT least(coalesce(sum(asked.weight::int4 * t.weight), 0) / {float(PARTS**2)!r}::float8, 1) AS similarity
   FROM unnest(vector.terms, vector.term_weights) AS t (term, weight) JOIN asked ON asked.term = t.term)"""  # noqa: S608 - composed of constants
