# SPDX-License-Identifier: GPL-2.0-or-later
"""The page cache of one file: folios, their locks and the copies into them.  6.12 mm/filemap.c."""

from collections.abc import Callable

from refmodel.core import ENOENT, Folio
from refmodel.world import MAPPED, MIXED, STALE, ZERO, Oops, State


def with_half(content: str, half: int, value: str) -> str:
    """``content`` with one half, 0 or 1, of the page replaced."""
    first, _, second = content.partition("/")
    halves = [first, second or first]
    halves[half] = value
    return value if halves[0] == halves[1] else "/".join(halves)


def read_back(folio: Folio) -> str:
    """What a reader of a whole page learns."""
    return f"value {MIXED if '/' in folio.content else folio.content}"


class PageCache:
    """One kernel's page cache, for the length of one input, starting from ``state``."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.size = state.size
        self.columns = tuple(zip(*state.pages, strict=True))
        """Of the state's pages: contents, uptodate flags, and so on, as class Page orders them."""
        contents, uptodate, *_, secret = self.columns
        self.page_cache: list[Folio | None] = [
            Folio(*its) if its[0] else None for its in zip(contents, uptodate, secret, strict=True)
        ]
        self.folios = [folio for folio in self.page_cache if folio is not None]
        self.invalidate_lock = 0
        """i_mapping->invalidate_lock: its readers, or -1 while it is held exclusively."""

    def preempt(self, point: str) -> None:
        """Another thread may run here.  Only the race search lets one."""

    def wait_until(self, free: Callable[[], bool], what: str) -> None:
        """Sleep until ``free``.  Alone, a thread that has to wait waits for ever."""
        if not free():
            raise Oops(f"deadlock on {what}")

    def folio_lock(self, folio: Folio) -> None:
        self.wait_until(lambda: not folio.locked, "a folio lock")
        folio.locked = True

    def folio_unlock(self, folio: Folio) -> None:
        if not folio.locked:
            raise Oops("folio_unlock() of an unlocked folio")
        folio.locked = False

    def folio_put(self, folio: Folio) -> None:
        folio.refs -= 1

    def folio_release(self, folio: Folio) -> None:
        """folio_unlock() and folio_put(), which mostly come together."""
        self.folio_unlock(folio)
        self.folio_put(folio)

    def filemap_invalidate_lock_shared(self) -> None:
        self.wait_until(lambda: self.invalidate_lock >= 0, "the invalidate lock")
        self.invalidate_lock += 1

    def filemap_invalidate_unlock_shared(self) -> None:
        self.invalidate_lock -= 1

    def filemap_invalidate_lock(self) -> None:
        self.wait_until(lambda: self.invalidate_lock == 0, "the invalidate lock")
        self.invalidate_lock = -1

    def filemap_invalidate_unlock(self) -> None:
        self.invalidate_lock = 0

    def filemap_get_entry(self, index: int) -> Folio | None:
        """With a reference, not locked; None where there is none."""
        folio = self.page_cache[index]
        if folio is not None:
            folio.refs += 1
        return folio

    def filemap_lock_folio(self, index: int) -> Folio | int:
        """Found, locked and with a reference, still part of the file; or ENOENT."""
        while True:
            folio = self.page_cache[index]
            if folio is None:
                return -ENOENT
            self.folio_lock(folio)
            if folio is self.page_cache[index]:
                folio.refs += 1
                return folio
            self.folio_unlock(folio)

    def filemap_grab_folio(self, index: int) -> Folio:
        """Find or create, locked; a created folio is neither cleared nor uptodate.

        ENOMEM is left out, here and in all that follows: memory never runs out in these worlds.
        """
        folio = self.filemap_lock_folio(index)
        if isinstance(folio, int):
            folio = self.filemap_add_folio(index, Folio(STALE, uptodate=False))
            folio.refs += 1
        return folio

    def filemap_add_folio(self, index: int, folio: Folio) -> Folio:
        """A new folio enters the file, locked."""
        self.page_cache[index] = folio
        self.folios.append(folio)
        folio.locked = True
        return folio

    def filemap_remove_folio(self, index: int, folio: Folio) -> None:
        self.page_cache[index] = None
        self.folio_unlock(folio)

    def truncate_folio(self, index: int, *mappings: list[str]) -> None:
        """truncate_inode_pages_range(): unmap_mapping_folio(), even_cows false, leaves markers."""
        folio = self.page_cache[index]
        if folio is None:
            return
        self.folio_lock(folio)
        for ptes in mappings:
            if ptes[index] == MAPPED:
                ptes[index] = ""
        self.filemap_remove_folio(index, folio)

    # ---- the kernel's own access to a page, through its direct map -----------------------------

    def kmap_local_folio(self, folio: Folio) -> None:
        if folio.secret:
            raise Oops("the kernel touches a page it took out of its direct map")

    def clear_highpage(self, folio: Folio) -> None:
        self.kmap_local_folio(folio)
        folio.content = ZERO

    def folio_zero_halves(self, folio: Folio, start: int, end: int) -> None:
        """folio_zero_segment() of the page, counted in halves."""
        for half in range(start, end):
            self.kmap_local_folio(folio)
            folio.content = with_half(folio.content, half, ZERO)

    def copy_from_user(self, folio: Folio, value: str, at: int = 0, count: int = 2) -> None:
        """Copies into ``count`` halves of the page, from half ``at`` on; it may have to wait."""
        self.kmap_local_folio(folio)
        for half in range(at, at + count):
            if half > at:
                self.preempt("half of the page is copied")
            folio.content = with_half(folio.content, half, value)
