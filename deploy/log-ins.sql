-- One log-in for each process, so that none can do more than its work asks for.
-- Run once by a superuser in the new, empty database (compose.yaml does); psql reads the
-- passwords from the environment.

\set ON_ERROR_STOP on
\getenv owner_password DATABASE_OWNER_PASSWORD
\getenv api_password DATABASE_API_PASSWORD
\getenv worker_password DATABASE_WORKER_PASSWORD

-- The group roles that hold the rights; migrations give them. Making them here keeps the
-- owner's log-in from needing CREATEROLE.
select format('create role %I nologin noinherit nobypassrls', name)
  from unnest(array['conforme_owner', 'conforme_api', 'conforme_worker']) as name
 where not exists (select from pg_roles where rolname = name) \gexec

create role conforme_owner_login login nobypassrls password :'owner_password';
create role conforme_api_login login noinherit nobypassrls password :'api_password';
create role conforme_worker_login login noinherit nobypassrls password :'worker_password';

grant conforme_api to conforme_api_login;
grant conforme_worker to conforme_worker_login;
-- Migrations act as the owner, and grant each role to the log-in they run under.
grant conforme_owner, conforme_api, conforme_worker to conforme_owner_login with admin option;

-- Tables belong to conforme_owner; the database to who migrates, for extensions and schema.
select format('alter database %I owner to conforme_owner_login', current_database()) \gexec
