import pytest

from emobench.api import NoOptions, UsageError
from emobench_essentials.frontends import Values


def test_a_task_without_tables_is_refused(make_context):
    with pytest.raises(UsageError, match="reads tables, but task 'toy/random' offers audio"):
        Values(NoOptions(), make_context(inputs={"audio": (100,)}))
