# SPDX-License-Identifier: GPL-2.0-or-later
"""Which revision of a study answers which: the next one of the same work, the one before."""

from reviewtool.lineage.study import Study, StudyRevision


def successors(study: Study) -> dict[str, str | None]:
    """For each revision the id of the next one: of its series, else of another series of its work.

    Series are one work where the evidence of one names a posting of the other. A study in which
    no evidence names any posting is one work as a whole.
    """
    works = _works(study)
    by_date = sorted(study.revisions, key=lambda one: one.date)
    return {one.id: _next(one, by_date[number + 1 :], works) for number, one in enumerate(by_date)}


def _next(
    revision: StudyRevision, others: list[StudyRevision], works: dict[str, str]
) -> str | None:
    """The nearest of ``others``."""
    own = [one for one in others if one.series == revision.series]
    work = [one for one in others if works[one.series] == works[revision.series]]
    return next((one.id for one in (*own, *work)), None)


def predecessors(study: Study) -> dict[str, str | None]:
    """For each revision the id of the one it carries on.

    That of its series, unless all that its evidence names are postings of other series: then the
    last of these. The first of a series that names none has the last of its work.
    """
    works = _works(study)
    by_date = sorted(study.revisions, key=lambda one: one.date)
    found: dict[str, str | None] = {}
    for number, one in enumerate(by_date):
        earlier = by_date[:number][::-1]
        told = {line.partition(": ")[0] for line in one.evidence}
        named = [each for each in earlier if each.original in told]
        if any(each.series == one.series for each in named):
            named = []
        found[one.id] = _next(one, named or earlier, works)
    return found


def lineages(study: Study) -> tuple[tuple[str, ...], ...]:
    """The revisions of each work of the study, by date; the works as the study has their first."""
    works = _works(study)
    found: dict[str, list[str]] = {works[one.series]: [] for one in study.revisions}
    for one in sorted(study.revisions, key=lambda one: one.date):
        found[works[one.series]].append(one.id)
    return tuple(map(tuple, found.values()))


def lineage_of(study: Study, revision: str) -> tuple[str, ...]:
    """The work that ``revision`` is of."""
    return next(each for each in lineages(study) if revision in each)


def _works(study: Study) -> dict[str, str]:
    """The name of a work for each series: that of one series in it."""
    home = {one.original: one.series for one in study.revisions if one.original}
    leader = {one.series: one.series for one in study.revisions}

    def top(series: str) -> str:
        while leader[series] != series:
            series = leader[series]
        return series

    named = False
    for one in study.revisions:
        for line in one.evidence:
            earlier = line.partition(": ")[0]
            if earlier in home:
                named = True
                leader[top(one.series)] = top(home[earlier])
    return {series: top(series) if named else "" for series in leader}
