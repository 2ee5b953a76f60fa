"""The address that a class is given is one that other machines reach."""

import ipaddress

import pytest
import segno

from viz_app.reach import base_address, class_address, lan_address


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "app.localhost"])
def test_a_name_that_only_this_machine_knows_is_replaced_by_its_address_in_the_network(host):
    found = base_address(f"http://{host}:8501/filters?filter=3", own=lambda: "192.168.1.7")
    assert found == "http://192.168.1.7:8501/"


def test_a_name_that_others_know_stays_with_its_path_and_without_its_page():
    assert base_address("https://alex.school.edu/net/filters", "net") == "https://alex.school.edu/net/"
    assert base_address("http://192.168.1.7:8501/") == "http://192.168.1.7:8501/"


def test_without_a_network_there_is_no_address():
    assert base_address("http://localhost:8501/", own=lambda: None) is None


def test_this_machine_s_own_address_is_never_one_that_only_it_knows():
    found = lan_address()
    assert found is None or not ipaddress.ip_address(found).is_loopback


@pytest.mark.parametrize("typed", ["192.168.1.7:8501", " http://192.168.1.7:8501/ "])
def test_an_address_typed_by_hand_leads_to_the_class(typed):
    address = class_address(typed, "BCDF")
    assert address == "http://192.168.1.7:8501/?class=BCDF"
    assert int(segno.make(address).version) <= 6  # few enough squares for the last row of a classroom
