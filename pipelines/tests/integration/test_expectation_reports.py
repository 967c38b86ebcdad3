from xml.etree import ElementTree

from hrob.intake import births


def test_the_step_leaves_its_reports_and_fails_with_what_is_wrong(checkout, mapping, tmp_path):
    """On the packaged births as they are, and with two mothers of two hundred years."""
    variables = {"ESPALIER_OUTPUTS": str(tmp_path / "out"), "ESPALIER_OUTPUT": str(tmp_path / "output")}
    code, printed = checkout.call("expectations", **variables)
    assert code == 0 and "1832 births meet" in printed
    raw = births.read({}, mapping)
    raw.assign(mage=raw.mage.where(raw.index > 1, 200)).to_csv(tmp_path / "births.csv", index=False)
    (tmp_path / "config.json").write_text(f'{{"dataset": "bwght2", "births": "{tmp_path}/births.csv"}}')
    code, printed = checkout.call("expectations", ESPALIER_CONFIG=str(tmp_path / "config.json"), **variables)
    assert code == 1
    assert "range of mage: expected 10 to 60 but for 0.0%; found otherwise 2 times, for example bwght2-0000001, bwght2-0000002" in printed
    assert "| range of mage |" in (tmp_path / "out/report.md").read_text()
    assert ElementTree.parse(tmp_path / "out/junit.xml").getroot().get("failures") == "1"
