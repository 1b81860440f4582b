-- SPDX-License-Identifier: Apache-2.0

-- Keeps a second subtree equal to the first one: in another ensemble, another chroot, or as here, beside it. What is
-- created, changed or deleted below /config happens below /copy, too.
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
  'path' = '/copy/{app}/{setting}'
);

-- A streaming job: it runs until it is canceled.
INSERT INTO copy SELECT app, setting, content FROM config;
