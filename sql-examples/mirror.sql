-- SPDX-License-Identifier: Apache-2.0

-- Keeps a second subtree equal to the first one: in another ensemble, another chroot, or as here, beside it. What is
-- created, changed or deleted below /config happens below /copy, too, as one with each checkpoint. Exactly once, because
-- at least once is not enough here: a znode that was copied after the last checkpoint, and was gone when a failed job came
-- back, would stay for ever, since the scan goes on from the checkpoint and has never heard of it.
CREATE TABLE config (
  app     STRING,
  setting STRING,
  content STRING,
  PRIMARY KEY (app, setting) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/config/{app}/{setting}'
);

CREATE TABLE copy (
  app     STRING,
  setting STRING,
  content STRING,
  PRIMARY KEY (app, setting) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/copy/{app}/{setting}',
  'sink.delivery-guarantee' = 'exactly-once',
  'sink.transactional-id-prefix' = 'mirror'
);

-- What is copied becomes visible with the next checkpoint.
SET 'execution.checkpointing.interval' = '2 s';

-- A streaming job: it runs until it is canceled.
INSERT INTO copy SELECT app, setting, content FROM config;
