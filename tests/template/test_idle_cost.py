"""The idle stack costs little: an added instance, a faster schedule or many metrics fail here."""

from samcli.yamlhelper import yaml_parse

from benchmarks.idle_cost import TEMPLATE, lines


def test_a_month_without_calls_costs_some_dollars_and_compute_cents() -> None:
    found = {line.what: line for line in lines(yaml_parse(TEMPLATE.read_text()))}

    assert sum(line.dollars for line in found.values()) < 12
    assert found["ticks of clocks, a second each"].dollars < 0.5
    assert found["metrics that alarms watch"].number >= 14


def test_what_is_added_is_counted() -> None:
    template = yaml_parse(TEMPLATE.read_text())
    before = sum(line.dollars for line in lines(template))
    template["Resources"]["More"] = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Any"}}
    clock = {"Type": "Schedule", "Properties": {"Schedule": "rate(1 minutes)"}}
    template["Resources"]["Often"] = {
        "Type": "AWS::Serverless::Function", "Properties": {"MemorySize": 1024, "Events": {"Tick": clock}},
    }  # fmt: skip

    assert sum(line.dollars for line in lines(template)) > before + 0.1 + 43_200 * 1.6e-5
