import pytest

from bias_exp.data.licence import licence_name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://creativecommons.org/licenses/by-sa/4.0/deed.de", "CC BY-SA 4.0"),
        ("http://creativecommons.org/licenses/by/2.0/", "CC BY 2.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "Public Domain Mark 1.0"),
        ("https://creativecommons.org/licenses/", ""),
        ("https://example.org/licenses/by/4.0/", ""),
        ("", ""),
    ],
)
def test_licences_have_names(url: str, name: str) -> None:
    assert licence_name(url) == name
