-- SPDX-License-Identifier: Apache-2.0

-- A log of what happened to the settings below /config: who reads it later finds each event once, whatever failed in
-- between. Events that follow each other faster than they can be read may be told as one.
CREATE TABLE events (
  app     STRING,
  setting STRING,
  content STRING,
  event   STRING METADATA FROM 'event-type' VIRTUAL
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/config/{app}/{setting}',
  'scan.changelog-mode' = 'append'
);

-- Each row is a znode of its own, /audit/<app>/event-0000000000 and so on.
CREATE TABLE audit (
  app     STRING,
  entry   STRING,
  event   STRING,
  setting STRING,
  content STRING
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/audit/{app}/{entry}',
  'format' = 'json',
  'sink.create-mode' = 'persistent-sequential',
  'sink.delivery-guarantee' = 'exactly-once',
  'sink.transactional-id-prefix' = 'audit'
);

-- Rows become visible when a checkpoint completes.
SET 'execution.checkpointing.interval' = '2 s';

INSERT INTO audit SELECT app, 'event-', event, setting, content FROM events;
