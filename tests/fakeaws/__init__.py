"""A fake AWS that answers any operation of any service from one document, and fails on request.

The document is plain data: ``{account: {region: {service: {name: entry}}}}``; the region ``"*"``
holds what every region answers. What an entry is follows from its name and its type:

- ``"NotebookInstance": [{...}, ...]``: resources, each as its Describe operation answers it;
  the List operation, its summaries and the not-found error derive from them. A resource may carry
  answers of other operations about it under their names (``"GetBucketPolicy": {...}``), and what
  no operation answers under names that begin with an underscore (``"_tags": {"team": "ml"}``,
  ``"_of": {"ImageName": "base"}`` for the parent's name, ``"_summary"`` for what only its list
  says, and what ``search.py`` tells of Search's index).
- ``"TrainingJob": Generated(100_000, make)``: as many, made when they are asked for.
- ``"GetMacieSession": {...}``: the answer of one operation; :class:`By` chooses one by a
  parameter, :class:`Chosen` picks items by their ids, an :class:`Error` is raised.
- ``"*": EMPTY``: whatever else this service lists is empty here, and whatever is asked for by
  name does not exist; ``unset.py`` has what AWS says where nothing is set. In the place of a
  service it stands for all the others.

What the document does not say is a loud 501, never an empty list. Everything is checked against
botocore's models when the document is loaded. Buckets, roles, policies, keys, trails, tags,
regions and identities have operations of their own in ``derived.py``.

    with Fake({"111122223333": {"eu-west-1": {"sagemaker": {"Model": []}}}}) as fake:
        ...  # AWS_ENDPOINT_URL=fake.url
        fake.calls  # what it was asked
"""

from tests.fakeaws.document import EMPTY, By, Chosen, Error, IllegalDocument
from tests.fakeaws.faults import Fault
from tests.fakeaws.permissions import Permissions
from tests.fakeaws.select import Generated
from tests.fakeaws.server import Fake

__all__ = [
    "EMPTY", "By", "Chosen", "Error", "Fake", "Fault", "Generated", "IllegalDocument",
    "Permissions",
]
