"""The roster: columns, names as platforms write them, and what cannot be decided."""

import pytest

from assignments.people.roster import RosterError, find, plain, read_roster, slug


def roster(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return read_roster(path)


@pytest.mark.parametrize(
    "text",
    [
        "id,name\ns1,Ada Lovelace\n",
        "\ufeffID;Name\r\ns1;Ada Lovelace\r\n",
        "Student,First name,Last name\ns1,Ada,Lovelace\n\n",
        '"id","name"\n"s1","Ada Lovelace"\n',
        "sep=;\nid;name\ns1;Ada Lovelace\n",
        "id\tname\ns1\tAda Lovelace\n",
        "First name,Surname,Last name,ID number\nAda,x,Lovelace,s1\n",
        "First name,Surname,ID number\nAda,Lovelace,s1\n",
        "First name,Last name,ID number,Email address\nAda,Lovelace,,s1\n",
        'Student,ID,Section\n"    Points Possible",,\nAda Lovelace,s1,A\n',
    ],
)
def test_the_usual_ways_to_write_it(tmp_path, text):
    (student,) = roster(tmp_path, text)
    assert (student.id, student.name) == ("s1", "Ada Lovelace")


@pytest.mark.parametrize(
    "word", ["s1", "S1", "ada lovelace", "Lovelace, Ada", "lovelaceada", "10234", "ADA-LOVELACE"]
)
def test_every_cell_and_either_order_of_the_name_finds_a_student(tmp_path, word):
    students = roster(tmp_path, "id,name,moodle\ns1,Ada Lovelace,10234\ns2,Max Born,10235\n")
    assert [student.id for student in find(students, [word])] == ["s1"]


def test_accents_and_apostrophes_do_not_matter(tmp_path):
    students = roster(tmp_path, "id,name\ns1,Zoë O'Brien-Müller\n")
    assert find(students, ["obrienmullerzoe"]) == students
    assert plain("Ærø") == plain("ærø")


def test_words_that_contradict_each_other_are_left_to_a_person(tmp_path):
    students = roster(tmp_path, "id,name\n7,Ada\n8,Max\n9,Max\n")
    assert [student.id for student in find(students, ["8", "Ada"])] == ["7", "8"]
    assert [student.id for student in find(students, ["9", "Max"])] == ["9"]
    assert [student.id for student in find(students, ["100", "Ada"])] == ["7"]
    assert find(students, ["100", "nobody", "", "?"]) == []


@pytest.mark.parametrize("name", ["s1", "S 1", "10234", "ada@example.org"])
def test_who_is_called_like_anothers_id_is_not_meant_by_it(tmp_path, name):
    rows = f"s1,Ada,Lovelace,10234,ada@example.org\ns2,{name},,10235,max@example.org\n"
    students = roster(tmp_path, f"id,first name,last name,moodle,email\n{rows}")
    assert [student.id for student in find(students, [name])] == ["s1"]
    assert [student.id for student in find(students, [name, "10235"])] == ["s1", "s2"]
    assert [student.id for student in find(students, ["10235"])] == ["s2"]


def test_two_of_a_name_are_both_found(tmp_path):
    students = roster(tmp_path, "id,name\ns1,Max Born\ns2,Max Born\n")
    assert len(find(students, ["Max Born"])) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\nAda\n", "must have a column id"),
        ("id,name\ns1,A\ns1,B\n", "occurs more than once"),
        ("id,name\n,A\n", "line 2 of the roster has no id"),
        ("ID number,Email address\ns1,a@x.org\n,b@x.org\n", "line 3 .* the column 'ID number'"),
        ("id,name\ns1,A\ns1,B\n", "again in line 3"),
        ("id\n", "has no rows"),
        ("", "must have a column id"),
    ],
)
def test_a_faulty_roster_is_refused(tmp_path, text, message):
    with pytest.raises(RosterError, match=message):
        roster(tmp_path, text)


def test_a_roster_that_is_not_there_or_not_utf8_is_refused(tmp_path):
    with pytest.raises(RosterError, match="cannot be read"):
        read_roster(tmp_path / "none.csv")
    with pytest.raises(RosterError, match="UTF-8"):
        roster(tmp_path, "id,name\ns1,Zoë\n", "latin-1")
    with pytest.raises(RosterError, match="UTF-8"):
        roster(tmp_path, "id,name\ns1,Zoë\n", "utf-16-le")
    with pytest.raises(RosterError, match="line 2: field larger"):
        roster(tmp_path, f"id,name\ns1,{'x' * 200_000}\n")


def test_a_slug_is_a_name_for_a_file_and_no_two_share_one():
    ids = [
        "x" * 300,
        "x" * 301,
        "\ud800",
        "a/b",
        "a\\b",
        "a b",
        "a_b",
        "..",
        ".",
        "%2E",
        "ü",
        "a.b",
        "CON",
        "a%20b",
    ]
    slugs = [slug(each) for each in ids]
    assert all("/" not in each and "\\" not in each and each not in (".", "..") for each in slugs)
    assert len(set(slugs)) == len(ids)
