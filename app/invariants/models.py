"""What the last check of an organization's rows found."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base
from app.organizations.models import Organization


class InvariantCheck(Base):
    """When an organization was last checked, and how many violations there were."""

    __tablename__ = "invariant_checks"
    __table_args__ = (CheckConstraint("violations >= 0", name="violations"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    checked_at: Mapped[datetime]
    violations: Mapped[int]
