"""What must hold of the shared responsibility model, whatever the tables say."""

from __future__ import annotations

from itertools import product

import pytest

from garrison.checks import load
from garrison.responsibility import (
    LAYERS,
    Matrix,
    Party,
    Profile,
    Row,
    Selection,
    UnknownService,
    UnknownSetting,
    cell_part,
    every,
    matrix,
    read_settings,
    select,
    services,
)
from garrison.responsibility.compare import moves
from garrison.responsibility.selection import configured


def every_configuration() -> list[Selection]:
    """Each service in each combination of its settings' values."""
    return [
        configured(one, dict(zip(one.settings, values, strict=True)))
        for one in services().values()
        for values in product(*(setting.values for setting in one.settings.values()))
    ]


def rows(profile: Profile = Profile.AWS) -> tuple[Row, ...]:
    return matrix(every_configuration(), profile).rows


def parties(text: str, profile: Profile = Profile.AWS) -> str:
    (row,) = matrix([select(text)], profile).rows
    return "".join(cell.party for cell in row.cells)


def test_the_customer_always_has_a_part_in_its_data_and_in_who_may_do_what() -> None:
    for profile in Profile:
        for row in rows(profile):
            for layer in ("data", "identity", "logging"):
                assert row.cell(layer).party in (Party.CUSTOMER, Party.SHARED, Party.NOBODY), row.selection.id
            assert row.cell("identity").party is Party.CUSTOMER


def test_nothing_at_aws_hands_the_building_or_the_hypervisor_to_the_customer() -> None:
    for row in rows():
        assert row.cell("facility").party is Party.PROVIDER, row.selection.id
        assert row.cell("host").party is Party.PROVIDER, row.selection.id


def test_self_hosted_leaves_no_provider_anywhere() -> None:
    for aws, own in zip(rows(), rows(Profile.SELF_HOSTED), strict=True):
        for before, after in zip(aws.cells, own.cells, strict=True):
            expected = Party.OPERATOR if before.party is Party.PROVIDER else before.party
            assert after.party is expected
            assert all(part.party != "provider" and part.duties for part in after.parts)


def test_every_cell_says_what_each_of_its_parties_must_do_and_where_it_is_documented() -> None:
    expected = {Party.CUSTOMER: ["customer"], Party.PROVIDER: ["provider"], Party.SHARED: ["customer", "provider"]}
    for row in rows():
        for cell in row.cells:
            assert [part.party for part in cell.parts] == expected.get(cell.party, [])
            assert cell.source.startswith("https://docs.aws.amazon.com/"), row.selection.id
            for part in cell.parts:
                assert part.duties
                for duty in part.duties:
                    assert duty[0].isupper(), (row.selection.id, duty)
                    assert duty.endswith("."), (row.selection.id, duty)
                    assert "{" not in duty


def test_a_shared_cell_has_duties_of_its_own_on_both_sides() -> None:
    general = {said for layer in LAYERS for said in (layer.customer, layer.provider)}
    for row in rows():
        name = row.selection.service.name
        for cell in row.cells:
            if cell.party is Party.SHARED:
                for part in cell.parts:
                    assert not {duty.replace(name, "{name}") for duty in part.duties} & general, (
                        row.selection.id,
                        cell.layer.id,
                    )


def test_there_are_about_as_many_services_as_people_use_and_no_id_twice() -> None:
    assert len(services()) >= 45
    assert len({row.selection.id for row in rows()}) == len(rows())


def test_each_value_of_a_setting_moves_a_letter_or_says_why_not() -> None:
    for one in services().values():
        for name, setting in one.settings.items():
            for value in setting.values:
                if value != setting.default:
                    assert any(rule.when.get(name) == value for rule in one.rules), (
                        f"{one.id}: {name}={value} does nothing"
                    )


def test_rules_name_settings_and_values_there_are() -> None:
    for one in services().values():
        for when in (*(rule.when for rule in one.rules), *one.rows):
            configured(one, when)


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        # facility host guest-os runtime network-config app encryption data identity logging
        ("ec2", "PPCCCCCCCC"),
        ("ecs:ec2", "PPCSCCCCCC"),
        ("ecs:managed-instances", "PPPSCCCCCC"),
        ("ecs:fargate", "PPPSCCCCCC"),
        ("eks:none", "PPPSC-CCCC"),
        ("eks:self-managed", "PPCSCCCCCC"),
        ("eks", "PPSSCCCCCC"),
        ("eks:auto-mode", "PPPSCCCCCC"),
        ("lambda", "PPPPCCCCCC"),
        ("lambda:function-update", "PPPSCCCCCC"),
        ("lambda:manual", "PPPCCCCCCC"),
        ("lambda:package=image", "PPPCCCCCCC"),
        ("lambda:image,runtime-updates=auto", "PPPCCCCCCC"),
        ("rds", "PPPSCCCCCC"),
        ("rds:manual", "PPPCCCCCCC"),
        ("rds:oracle", "PPCCCCCCCC"),
        ("rds:sql-server", "PPSSCCCCCC"),
        ("rds:sql-server-cev", "PPCCCCCCCC"),
        ("elastic-beanstalk", "PPSSCCCCCC"),
        ("elastic-beanstalk:off", "PPCCCCCCCC"),
        ("batch:eks", "PPCSCCCCCC"),
        ("s3", "PP--C-CCCC"),
        ("dynamodb", "PPPPS-SCCC"),
        ("kms", "PPPP--CCCC"),
        ("iam", "PPPP---CCC"),
        ("shield", "PPPPPCSCCC"),
        ("shield:advanced", "PPPPSCSCCC"),
        ("artifact", "PPPP---SCC"),
    ],
)
def test_the_line_runs_where_aws_documents_it(text: str, letters: str) -> None:
    assert parties(text) == letters


def test_from_instances_to_functions_nothing_moves_towards_the_customer() -> None:
    ladder: Matrix = matrix([select(t) for t in ("ec2", "ecs", "ecs:managed-instances", "ecs:fargate", "lambda")])
    for steps in moves(ladder):
        assert {step.direction for step in steps} <= {"provider"}


def test_only_the_runtime_comes_back_with_an_image_of_ones_own() -> None:
    (steps,) = moves(matrix([select("lambda"), select("lambda:image")]))
    assert [(step.layer.id, step.direction) for step in steps] == [("runtime", "customer")]


def test_a_selection_reads_back_as_it_is_written() -> None:
    for row in rows():
        assert select(row.selection.id) == row.selection


def test_duties_change_with_the_party_that_has_them() -> None:
    (row,) = matrix([select("eks:auto-mode")]).rows
    (part,) = row.cell("guest-os").parts
    assert part.party == "provider"
    assert not any("when you start" in duty for duty in part.duties)


def test_the_names_of_the_aws_command_are_understood() -> None:
    assert select("secretsmanager").service.id == "secrets-manager"
    assert select("wafv2").service.id == "waf"


@pytest.mark.parametrize("text", ["ec2:auto-mode", "eks:nodes=moon", "eks:moon", "ec2:nodes=managed"])
def test_a_setting_there_is_not_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(UnknownSetting, match=r"settings|has:|one of|not the value"):
        select(text)


def test_a_service_there_is_not_is_refused_with_its_neighbours() -> None:
    with pytest.raises(UnknownService, match="lambda"):
        select("lamda")


def test_configuration_given_once_holds_for_the_whole_matrix() -> None:
    settings = read_settings(["eks.nodes=auto-mode", "rds.minor-upgrades=manual"])
    found = [chosen.id for chosen in every(settings)]
    assert "eks:nodes=auto-mode" in found
    assert "eks" not in found
    assert "rds:minor-upgrades=manual" in found
    with pytest.raises(UnknownSetting):
        read_settings(["eks=auto-mode"])
    with pytest.raises(UnknownSetting):
        read_settings(["eks.nodes=moon"])


def test_the_checks_of_the_catalogue_speak_for_cells_there_are() -> None:
    everywhere = {f"{row.selection.service.id}/{cell.layer.id}" for row in rows() for cell in row.cells if cell.parts}
    for one in load().values():
        assert one.cells, one.id
        for part in map(cell_part, one.cells):
            assert part.service == "*" or f"{part.service}/{part.layer}" in everywhere, (one.id, str(part))
