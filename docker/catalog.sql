-- SPDX-License-Identifier: Apache-2.0

-- Executed by each SQL client when it starts. The catalog store keeps the catalog, so that only the first one creates it.
CREATE CATALOG IF NOT EXISTS zk WITH (
  'type' = 'zookeeper',
  'connect-string' = 'localhost:2181'
);
