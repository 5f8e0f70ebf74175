import unittest

import load
import report
import user_time


def row(number, balancer, cpu_us):
    return {"round": number, "balancer": balancer, "cpu_us": cpu_us}


class Report(unittest.TestCase):
    def test_ratio_is_the_median_of_rounds_and_not_the_ratio_of_medians(self):
        rows = [row(1, "skein", 8), row(1, "haproxy", 10),
                row(2, "haproxy", 100), row(2, "skein", 70),
                row(3, "skein", 27), row(3, "haproxy", 30)]
        self.assertEqual(report.ratios(rows, "cpu_us", "skein", "haproxy"), [0.8, 0.7, 0.9])
        [goal] = report.goals(rows)
        self.assertEqual((goal["ratio"], goal["lowest"], goal["highest"]), (0.8, 0.7, 0.9))
        self.assertTrue(goal["holds"])

    def test_goal_holds_at_its_limit_and_is_missed_above(self):
        for cpu_us, holds in ((0.95, True), (0.96, False)):
            [goal] = report.goals([row(1, "skein", cpu_us), row(1, "nginx", 1)])
            self.assertEqual(goal["holds"], holds)

    def test_no_goal_without_a_round_of_both(self):
        self.assertEqual(report.goals([row(1, "skein", 1), row(2, "nginx", 1)]), [])
        self.assertEqual(report.goals([row(1, "haproxy", 1), row(1, "nginx", 1)]), [])

    def test_each_goes_first_equally_often(self):
        names = ["a", "b", "c"]
        orders = [report.order(names, index) for index in range(6)]
        for place in range(3):
            self.assertEqual(sorted(order[place] for order in orders), sorted(names * 2))

    def test_spread(self):
        self.assertEqual(report.spread([3, 1, 1500.26], 1), "3.0 (1.0..1,500.3)")

    def test_columns_of_a_table_line_up(self):
        lines = report.table(["name", "n"], [["x", "1,000"], ["longer", "2"]]).splitlines()
        self.assertEqual(lines[1], "| ------ | ----: |")
        self.assertEqual({len(line) for line in lines}, {len(lines[0])})


class Parsing(unittest.TestCase):
    def test_figures_of_wrk(self):
        figures = load.parse("Running 1s test\n  50%  1.00ms\nFIGURES 500 1000100 640 1700 3\n")
        self.assertEqual(figures, load.Load(500, 1000100, 640, 1700, 3))

    def test_profile_of_perf(self):
        text = ("# Samples: 192\nOverhead\tSymbol\tShared Object\n"
                " 5.73%\t[.] a | b(Int)  \tskein \t- -\n29.17%\t[.] recv\tlibc.so.6\t- -\n\n")
        self.assertEqual(user_time.parse(text),
                         [(29.17, "recv (libc.so.6)"), (5.73, "a | b(Int) (skein)")])


if __name__ == "__main__":
    unittest.main()
