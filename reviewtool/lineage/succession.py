# SPDX-License-Identifier: GPL-2.0-or-later
"""Which revision of a study answers which: the next one of the same work."""

from reviewtool.lineage.study import Study, StudyRevision


def successors(study: Study) -> dict[str, str | None]:
    """For each revision the id of the next one: of its series, else of another series of its work.

    Series are one work where the evidence of one names a posting of the other. A study in which
    no evidence names any posting is one work as a whole.
    """
    works = _works(study)
    by_date = sorted(study.revisions, key=lambda one: one.date)
    return {one.id: _next(one, by_date[number + 1 :], works) for number, one in enumerate(by_date)}


def _next(revision: StudyRevision, later: list[StudyRevision], works: dict[str, str]) -> str | None:
    own = [one for one in later if one.series == revision.series]
    work = [one for one in later if works[one.series] == works[revision.series]]
    return next((one.id for one in (*own, *work)), None)


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
