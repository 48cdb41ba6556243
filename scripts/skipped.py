"""Print each test that pytest's reports (JUnit XML) say was skipped, a line each, with the reason."""

import sys
from xml.etree import ElementTree


def main() -> None:
    """Read the reports that the command line names."""
    for path in sys.argv[1:]:
        for case in ElementTree.parse(path).iter("testcase"):
            for skipped in case.iter("skipped"):
                if skipped.get("type") == "pytest.skip":  # a failure that was expected stands there too
                    print(f"    {case.get('classname')}::{case.get('name')}: {skipped.get('message')}")


if __name__ == "__main__":
    main()
