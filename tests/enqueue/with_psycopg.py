"""Orders something, with psycopg: the group reads of it if, and only if, the order is stored."""

import sys

import psycopg
from psycopg.types.json import Jsonb


def order(connection, name):
    message = {"type": "text", "content": f"{name} was ordered"}
    with connection.transaction():
        connection.execute("SELECT dingtalk.enqueue('ops', %s)", [Jsonb(message)])
        connection.execute("INSERT INTO orders (name) VALUES (%s)", [name])


with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    order(connection, "A book (psycopg)")
    try:
        order(connection, "A book (psycopg)")
    except psycopg.errors.UniqueViolation:
        sys.exit(0)
    sys.exit("the second order was not refused")
