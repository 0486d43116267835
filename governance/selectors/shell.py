"""What the frame of every page shows: the workspace, the person in it, and what they may do."""

from dataclasses import dataclass

from governance.domain import CAPABILITIES, Role
from governance.models.workspaces import ROLE_CHOICES
from governance.selectors.names import initials_of
from governance.selectors.principals import MembershipFacts

_ROLE_TITLES = dict(ROLE_CHOICES)
_ADMINISTERS = frozenset({Role.OWNER, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class ShownWorkspace:
    """A workspace as pages name it."""

    slug: str
    name: str
    is_demo: bool


@dataclass(frozen=True, slots=True)
class ShownMembership:
    """A person's place in a workspace as pages name it."""

    workspace: ShownWorkspace
    role: str

    @property
    def get_role_display(self) -> str:
        """The role's name for people."""
        return str(_ROLE_TITLES[self.role])


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """Whoever is looking."""

    name: str
    email: str
    is_staff: bool

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        return initials_of(self.name or self.email)


def shown_membership(facts: MembershipFacts) -> ShownMembership:
    """Return a membership for a page."""
    workspace = ShownWorkspace(slug=facts.slug, name=facts.workspace_name, is_demo=facts.is_demo)
    return ShownMembership(workspace=workspace, role=facts.role.value)


def shown_person(facts: MembershipFacts) -> ShownPerson:
    """Return the member for a page; who may open the administration is said by the role."""
    return ShownPerson(name=facts.name, email=facts.email, is_staff=may_administer(facts.role))


def may_administer(role: Role | None) -> bool:
    """Tell whether the role opens the administration."""
    return role in _ADMINISTERS


def capabilities_of(role: Role) -> frozenset[str]:
    """Return the names of what the role may do."""
    return frozenset(capability.value for capability in CAPABILITIES[role])
