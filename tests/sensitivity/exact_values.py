"""Sensitivities and fits in rational arithmetic, where they are rational."""

from fractions import Fraction


def rational(A):
    return [[Fraction(float(x)) for x in row] for row in A]


def solve(M, rhs):
    """Solve M x = rhs by elimination, exactly; None if M is singular."""
    n = len(M)
    rows = [[*row, y] for row, y in zip(M, rhs, strict=True)]
    for k in range(n):
        pivot = next((i for i in range(k, n) if rows[i][k]), None)
        if pivot is None:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for i in range(n):
            if i != k and rows[i][k]:
                f = rows[i][k] / rows[k][k]
                rows[i] = [a - f * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [rows[k][n] / rows[k][k] for k in range(n)]


def gram(A):
    d = len(A[0])
    return [[sum(row[i] * row[j] for row in A) for j in range(d)] for i in range(d)]


def leverages(A):
    """tau_i = a_i (A^T A)^-1 a_i^T of a matrix of Fractions; None if it is rank deficient."""
    M = gram(A)
    found = []
    for row in A:
        x = solve(M, row)
        if x is None:
            return None
        found.append(sum(a * b for a, b in zip(row, x, strict=True)))
    return found


def least_squares(A, b):
    """min ||A x - b||^2, exactly; None if A is rank deficient."""
    d = len(A[0])
    rhs = [sum(row[i] * y for row, y in zip(A, b, strict=True)) for i in range(d)]
    x = solve(gram(A), rhs)
    if x is None:
        return None
    return sum(
        (sum(a * c for a, c in zip(row, x, strict=True)) - y) ** 2
        for row, y in zip(A, b, strict=True)
    )


def shares(A, x, p):
    """|a_i x|^p / ||A x||_p^p for an integer p."""
    r = [abs(sum(a * c for a, c in zip(row, x, strict=True))) ** p for row in A]
    total = sum(r)
    return [t / total for t in r] if total else None
