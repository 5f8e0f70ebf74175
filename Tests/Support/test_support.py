import os
import pathlib
import socket
import tempfile
import unittest

import debian
import machine
from processes import Workshop, until


class Debian(unittest.TestCase):
    def test_packages_of_another_architecture_or_removed_ones(self):
        listing = "git installed\nlibc6-dev installed\nwrk config-files\nnginx not-installed\n"
        self.assertEqual(debian.installed(listing), {"git", "libc6-dev"})


class Machine(unittest.TestCase):
    def test_connection_is_found_by_the_process_that_holds_it(self):
        with socket.create_server(("127.0.0.1", 0)) as listener, \
                socket.create_connection(listener.getsockname()) as ours:
            accepted, _ = listener.accept()
            with accepted:
                held = machine.sockets(os.getpid())
                found = {(each.local, each.remote)
                         for each in machine.tcp_connections(os.getpid()) if each.inode in held}
                self.assertIn((ours.getsockname(), ours.getpeername()), found)
                self.assertIn((ours.getpeername(), ours.getsockname()), found)

    def test_own_start_identifies_and_a_free_number_does_not(self):
        self.assertEqual(machine.identity(os.getpid()).pid, os.getpid())
        self.assertIsNone(machine.identity(2 ** 22 + 1))


class Stopping(unittest.TestCase):
    """With shells that start a `sleep`, whose number they print."""

    def start(self, workshop, script):
        process = workshop.start("shell", ["sh", "-c", script])
        self.assertTrue(until(lambda: process.log.read_text().endswith("\n"), 5))
        return process, int(process.log.read_text())

    def test_what_a_process_leaves_behind_is_told_and_killed(self):
        with Workshop("test") as workshop:
            process, child = self.start(workshop, "sleep 60 & echo $!; wait")
            self.assertEqual([member.pid for member in workshop.stop(process)], [child])
            self.assertTrue(until(lambda: machine.identity(child) is None, 5))

    def test_nothing_is_left_by_one_that_stops_its_own(self):
        with Workshop("test") as workshop:
            process, child = self.start(
                workshop, "sleep 60 & child=$!; trap 'kill $child; exit' TERM; echo $child; wait")
            self.assertEqual(workshop.stop(process), [])
            self.assertIsNone(machine.identity(child))

    def test_family_is_found_even_after_its_head_was_lost(self):
        with Workshop("test") as workshop:
            process, child = self.start(workshop, "sleep 60 & echo $!; wait")
            process.note_family()
            os.kill(process.pid, 9)
            self.assertTrue(until(lambda: process.ended, 5))
        self.assertTrue(until(lambda: machine.identity(child) is None, 5))

    def test_folder_is_gone_afterwards(self):
        with Workshop("test") as workshop:
            self.assertTrue(workshop.folder.is_relative_to(tempfile.gettempdir()))
        self.assertFalse(pathlib.Path(workshop.folder).exists())


if __name__ == "__main__":
    unittest.main()
