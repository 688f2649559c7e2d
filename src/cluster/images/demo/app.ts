/**
 * The demo application: a page that counts its visits in Redis and greets with a configured message, and a health check.
 * Everything it needs to know stands in config/config.json.
 */
export const demoApp = `import json
import signal
import sys
import time

import redis
from flask import Flask

# The first process of a container is not ended by signals that it does not handle.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

with open("config/config.json") as file:
    settings = json.load(file)

app = Flask(__name__)
store = redis.Redis(
    host=settings["redis_config"]["redis_host"],
    port=settings["redis_config"]["redis_port"],
    db=settings["redis_config"]["redis_db"],
    password=settings["redis_config"]["redis_password"],
)

# How often, and how many seconds apart, the store is tried before a visitor sees an error.
TRIES = 6
PAUSE = 0.5


def count_visit():
    for left in reversed(range(TRIES)):
        try:
            return store.incr("hits")
        except redis.exceptions.ConnectionError:
            if left == 0:
                raise
            time.sleep(PAUSE)


@app.route("/")
def greet():
    return "{}! I have been seen {} times.\\n".format(settings["show_message"], count_visit())


@app.route("/health")
def health():
    return "i am fine"


if __name__ == "__main__":
    app.run(host="0.0.0.0")
`

/** What the demo runs with when nothing is mounted over /code/config. */
export const demoConfig = `${JSON.stringify(
  {
    redis_config: { redis_host: 'redis', redis_port: 6379, redis_db: 0, redis_password: null },
    show_message: 'this is a python-redis demo',
  },
  null,
  2,
)}\n`
