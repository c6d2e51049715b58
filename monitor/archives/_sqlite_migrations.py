"""The tables, indexes and views of the SQLite archive, as migrations that are only ever added to."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from monitor.archives import _sqlite_index as index
from monitor.archives._values import repack

migrations = Migrations("monitor")

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE languages (tag TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE feeds (
  id TEXT PRIMARY KEY, url TEXT NOT NULL, name TEXT NOT NULL, tags TEXT NOT NULL, language TEXT, interval REAL,
  full_text INTEGER NOT NULL, is_enabled INTEGER NOT NULL, owner TEXT NOT NULL, identity TEXT NOT NULL,
  is_configured INTEGER NOT NULL, next_due TEXT, state TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;
CREATE INDEX feeds_due ON feeds (next_due) WHERE is_configured AND is_enabled;

CREATE TABLE fetches (
  id INTEGER PRIMARY KEY, feed TEXT NOT NULL REFERENCES feeds, at TEXT NOT NULL, status INTEGER NOT NULL,
  reason TEXT NOT NULL, error TEXT NOT NULL, is_unchanged INTEGER NOT NULL, bytes INTEGER NOT NULL, new INTEGER NOT NULL,
  seconds REAL NOT NULL
);
CREATE INDEX fetches_of_feed ON fetches (feed, at);
CREATE INDEX fetches_at ON fetches (at);

CREATE TABLE stories (
  id INTEGER PRIMARY KEY, title TEXT NOT NULL, first_published TEXT NOT NULL, last_published TEXT NOT NULL,
  outlets INTEGER NOT NULL
);
CREATE INDEX stories_outlets ON stories (outlets);

CREATE TABLE articles (
  id INTEGER PRIMARY KEY AUTOINCREMENT, feed TEXT NOT NULL, source TEXT NOT NULL, language TEXT,
  published TEXT NOT NULL, seen TEXT NOT NULL, story INTEGER REFERENCES stories, is_backfill INTEGER NOT NULL,
  is_waiting INTEGER NOT NULL, revision INTEGER NOT NULL, content_hash TEXT NOT NULL, tags TEXT NOT NULL,
  author TEXT NOT NULL, url TEXT NOT NULL, title TEXT NOT NULL
);
CREATE INDEX articles_published ON articles (published, id);
CREATE INDEX articles_seen ON articles (seen, id);
CREATE INDEX articles_of_source ON articles (source, published);
CREATE INDEX articles_of_feed ON articles (feed, published);
CREATE INDEX articles_of_language ON articles (language, published);
CREATE INDEX articles_of_story ON articles (story, source) WHERE story IS NOT NULL;
CREATE INDEX articles_waiting ON articles (is_backfill, seen, id) WHERE is_waiting;

CREATE TABLE texts (article INTEGER PRIMARY KEY REFERENCES articles ON DELETE CASCADE, text TEXT NOT NULL);

CREATE TABLE article_keys (
  feed TEXT NOT NULL, key TEXT NOT NULL, article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
  rank INTEGER NOT NULL,
  PRIMARY KEY (feed, key)
) WITHOUT ROWID;
CREATE INDEX keys_of_article ON article_keys (article, rank, key);

CREATE TABLE article_tags (
  tag TEXT NOT NULL, article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE, PRIMARY KEY (tag, article)
) WITHOUT ROWID;
CREATE INDEX tags_of_article ON article_tags (article);

CREATE TABLE revisions (
  article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE, revision INTEGER NOT NULL, title TEXT NOT NULL,
  text TEXT NOT NULL, content_hash TEXT NOT NULL, replaced TEXT NOT NULL, PRIMARY KEY (article, revision)
) WITHOUT ROWID;

CREATE TABLE failures (
  article INTEGER PRIMARY KEY REFERENCES articles ON DELETE CASCADE, attempts INTEGER NOT NULL, error TEXT NOT NULL,
  is_quarantined INTEGER NOT NULL
);

CREATE TABLE scores (
  article INTEGER PRIMARY KEY REFERENCES articles ON DELETE CASCADE, language TEXT NOT NULL, model TEXT NOT NULL,
  error TEXT NOT NULL, at TEXT
);
CREATE INDEX scores_failed ON scores (article) WHERE error <> '';
CREATE TABLE embeddings (article INTEGER PRIMARY KEY REFERENCES articles ON DELETE CASCADE, vector BLOB NOT NULL);

CREATE TABLE relevances (
  article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE, topic TEXT NOT NULL, probability REAL NOT NULL,
  is_relevant INTEGER NOT NULL, PRIMARY KEY (article, topic)
) WITHOUT ROWID;
CREATE INDEX relevances_of_topic ON relevances (topic, is_relevant, article);

CREATE TABLE statements (
  id INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE, topic TEXT NOT NULL,
  holder TEXT NOT NULL COLLATE NOCASE, stance TEXT NOT NULL, confidence REAL NOT NULL, favor REAL NOT NULL, against REAL NOT NULL,
  neutral REAL NOT NULL, voice TEXT NOT NULL, is_found INTEGER NOT NULL, relevance REAL NOT NULL, is_relevant INTEGER NOT NULL,
  evidence TEXT, start INTEGER, "end" INTEGER, part TEXT, model TEXT NOT NULL
);
CREATE INDEX statements_of_article ON statements (article);
CREATE INDEX statements_of_topic ON statements (topic, is_relevant, holder, stance, article);
CREATE INDEX statements_of_holder ON statements (holder, stance, is_relevant, article);

CREATE TABLE rule_states (rule TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE alerts (
  id TEXT PRIMARY KEY, rule TEXT NOT NULL, "group" TEXT NOT NULL, story INTEGER, title TEXT NOT NULL, why TEXT NOT NULL,
  created TEXT NOT NULL, severity TEXT NOT NULL, thread TEXT NOT NULL, statements TEXT NOT NULL, details TEXT NOT NULL
);
CREATE INDEX alerts_of_rule ON alerts (rule, "group", created);
CREATE INDEX alerts_created ON alerts (created);
CREATE INDEX alerts_of_thread ON alerts (thread);

CREATE TABLE alert_articles (
  alert TEXT NOT NULL REFERENCES alerts ON DELETE CASCADE, article INTEGER NOT NULL, place INTEGER NOT NULL,
  PRIMARY KEY (alert, article)
) WITHOUT ROWID;
CREATE INDEX alerts_of_article ON alert_articles (article);

CREATE TABLE deliveries (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, alert TEXT NOT NULL REFERENCES alerts ON DELETE CASCADE,
  receiver TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, due TEXT, leased_until TEXT, settled TEXT,
  last_error TEXT NOT NULL, remote_id TEXT NOT NULL, remaining TEXT NOT NULL, refused TEXT NOT NULL
);
CREATE INDEX deliveries_pending ON deliveries (receiver, due) WHERE state = 'pending';
CREATE INDEX deliveries_held ON deliveries (due) WHERE state = 'held';
CREATE INDEX deliveries_of_alert ON deliveries (alert);
CREATE INDEX deliveries_state ON deliveries (receiver, state);

CREATE TABLE suppressions (
  id INTEGER PRIMARY KEY, rule TEXT NOT NULL, "group" TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL, article INTEGER,
  note TEXT NOT NULL
);
CREATE UNIQUE INDEX suppressions_of_rule ON suppressions (rule, at, "group", reason, coalesce(article, 0));
CREATE INDEX suppressions_of_article ON suppressions (article) WHERE article IS NOT NULL;

CREATE TABLE silences (
  id INTEGER PRIMARY KEY, query TEXT NOT NULL, until TEXT NOT NULL, comment TEXT NOT NULL, created TEXT NOT NULL
);

CREATE TABLE labels (
  id INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE, label TEXT NOT NULL,
  topic TEXT NOT NULL, holder TEXT NOT NULL, at TEXT NOT NULL, author TEXT NOT NULL, UNIQUE (article, label, topic, holder)
);
CREATE INDEX labels_named ON labels (label, article);
"""

VIEWS = """
CREATE VIEW stance_by_week AS
SELECT strftime('%Y-%m-%d', a.published, 'weekday 0', '-6 days') AS week, s.topic, s.holder,
       sum(s.stance = 'favor') AS favor, sum(s.stance = 'against') AS against, sum(s.stance = 'neutral') AS neutral,
       count(DISTINCT coalesce(a.story, -a.id)) AS stories, round(avg(s.favor - s.against), 3) AS balance
FROM statements s JOIN articles a ON a.id = s.article
WHERE s.is_relevant
GROUP BY week, s.topic, s.holder;

CREATE VIEW share_of_voice AS
SELECT s.topic, s.holder, s.voice, count(*) AS statements, count(DISTINCT s.article) AS articles,
       round(1.0 * count(*) / sum(count(*)) OVER (PARTITION BY s.topic), 4) AS share
FROM statements s
WHERE s.is_relevant
GROUP BY s.topic, s.holder, s.voice;

CREATE VIEW coverage AS
SELECT date(a.published) AS day, r.topic, a.source, a.language, count(*) AS articles,
       count(DISTINCT coalesce(a.story, -a.id)) AS stories
FROM relevances r JOIN articles a ON a.id = r.article
WHERE r.is_relevant
GROUP BY day, r.topic, a.source, a.language;

CREATE VIEW alert_log AS
SELECT a.created, a.rule, a.severity, a.title, a.why, d.receiver, d.state, d.attempts, d.settled, d.last_error, a.story,
       (SELECT count(*) FROM alert_articles x WHERE x.alert = a.id) AS articles, a.id AS alert
FROM alerts a LEFT JOIN deliveries d ON d.alert = a.id;
"""


@migrations()
def m001_first(db: Database) -> None:
    """Everything the first release stores."""
    for statement in (TABLES + VIEWS).split(";\n"):
        if statement.strip():
            db.execute(statement)
    index.create(db.conn, index.EVERYTHING)


@migrations()
def m002_bytes_of_vectors(db: Database) -> None:
    """Vectors take one byte a dimension instead of two."""
    last, asked = 0, "SELECT article, vector FROM embeddings WHERE article > ? ORDER BY article LIMIT 1000"
    while rows := db.execute(asked, (last,)).fetchall():
        last = rows[-1][0]
        db.conn.executemany("UPDATE embeddings SET vector = ? WHERE article = ?", [(repack(row[1]), row[0]) for row in rows])
