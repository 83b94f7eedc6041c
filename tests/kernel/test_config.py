# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewtool.errors import InputError
from reviewtool.kernel import config


def test_a_fragment_sets_and_unsets_symbols() -> None:
    text = '# about it\nCONFIG_KVM=y\n\n# CONFIG_NET is not set\nCONFIG_CON_CHAN="null"\n'
    assert config.parse(text) == {"KVM": "y", "NET": "n", "CON_CHAN": '"null"'}


def test_a_line_that_is_no_configuration_is_named() -> None:
    with pytest.raises(InputError, match=r"^my.config: line 2 is no configuration: 'KVM=y'; write"):
        config.parse("CONFIG_A=y\nKVM=y\n", "my.config")


def test_the_last_fragment_decides() -> None:
    merged = config.merge([("fast", "CONFIG_A=y\nCONFIG_B=y\n"), ("more", "# CONFIG_A is not set")])
    assert merged == {"A": "n", "B": "y"}


@given(
    st.dictionaries(
        st.from_regex(r"[A-Z][A-Z0-9_]{0,20}", fullmatch=True),
        st.one_of(st.just("y"), st.just("n"), st.integers(0, 9999).map(str), st.just('"a b"')),
    )
)
def test_what_is_written_is_read_back(symbols: dict[str, str]) -> None:
    assert config.parse(config.write(symbols)) == symbols


def test_every_symbol_kconfig_did_not_grant_is_named() -> None:
    wanted = {"KVM": "y", "NET": "n", "ORDER": "3", "FINE": "y", "AWAY": "n"}
    got = {"NET": "y", "ORDER": "2", "FINE": "y"}
    with pytest.raises(InputError) as raised:
        config.require(wanted, got, "v3")
    assert str(raised.value).startswith(
        "v3: Kconfig did not grant CONFIG_KVM=y (absent), CONFIG_NET=n (y), CONFIG_ORDER=3 (2); "
    )


def test_a_configuration_that_has_it_all_passes() -> None:
    config.require({"KVM": "y", "AWAY": "n"}, {"KVM": "y", "MORE": "y"}, "v3")
