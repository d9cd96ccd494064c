"""DynamoDB's numbers: 38 significant digits, magnitudes from 1e-130 to below 1e126; other sums are refused.

moto adds with 28 digits, rounds, and refuses nothing. AWS reports a sum with too many digits as an overflow, too.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow, Subnormal

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.dynamo_type import DynamoType

EXACT = Context(prec=38, Emin=-130, Emax=125, traps=[Inexact, InvalidOperation, Overflow, Subnormal])
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
NOT_A_NUMBER = "The parameter cannot be converted to a numeric value"


def patch_numbers() -> None:
    """Make moto add numbers as DynamoDB does."""
    DynamoType.__add__ = _add  # type: ignore[method-assign]


def _add(one: DynamoType, other: DynamoType) -> DynamoType:
    if (one.type, other.type) != ("N", "N"):
        raise MockValidationException("An operand in the update expression has an incorrect data type")
    try:
        total = EXACT.add(_number(one), _number(other))
    except DecimalException:
        raise MockValidationException(OVERFLOW) from None
    return DynamoType({"N": format(total, "f")})


def _number(value: DynamoType) -> Decimal:
    number = Decimal(value.value)
    if not number.is_finite():
        raise MockValidationException(f"{NOT_A_NUMBER}: {value.value}")
    return EXACT.plus(number)
