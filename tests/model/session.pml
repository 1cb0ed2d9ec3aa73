/* The session machine and the way a request changes a session, for spin. Included by payment.pml and
 * tds.pml, which add the actors: what is checked is the protocol around the table, under every
 * interleaving of requests, events, sweep, crash and restart.
 *
 * Committed state outlives a crash. Everything else is a request's own, and is lost when `boots`
 * moves on. A request loads what it decides on and saves it later; in between, others may save. Only
 * the version check stands between the two, and it covers all that is kept of one terminal, also
 * before its session exists. (One SQLite writer gives that for nothing; a store with several has to
 * bring a lock.)
 *
 * tests/model/model.mjs runs it, and holds transitions.pml against `obolus states`.
 */
#ifndef VERSION_CHECK
#define VERSION_CHECK 1
#endif

mtype = { s_none, s_open, s_submitted, s_created, s_challenged, s_returned, s_succeeded, s_failed,
          s_expired, s_cancelled, s_voided };
mtype = { t_submit, t_accept, t_refuse, t_exhaust, t_give_up, t_cancel, t_void, t_expire,
          t_provide_challenge, t_start_challenge, t_return, t_succeed, t_fail, t_annotate };
mtype = { e_none, e_CardSessionCreated, e_CardSessionFailed, e_TDSResult };
mtype = { g_none, g_changed, g_same, g_refused, g_lost };

/* Committed. */
mtype st = s_none;
bit row = 0;              /* the outbox has the session's event */
bit received_void = 0;    /* deduplicated by (source, id); before the session: the tombstone */
bit received_annotate = 0;
bit voided_after_end = 0;

/* The world. */
byte boots = 0;           /* of obolus: a request that began under another is gone */
bit time_up = 0;          /* expires_at has passed */

/* What must hold. */
bit told = 0;             /* a transition with an event was committed */
bit void_acked = 0;

/* Nobody has saved since the process loaded: the stored version is the one that it saw. */
bit fresh[10];

/* Scratch within one step. */
hidden mtype from;
hidden mtype next;
hidden mtype event;
hidden mtype trigger;

/* The variables of whoever makes requests. */
#define REQUEST byte card = 0; byte born = 0; mtype loaded = s_none; mtype got = g_none
#define ALIVE (born == boots)
#define OK (got == g_changed || got == g_same)

#if VERSION_CHECK
#define UNCHANGED fresh[_pid]
#define SNAPSHOT st  /* nobody saved: what was loaded is what is stored */
#define KEEP skip
#else
#define UNCHANGED true
#define SNAPSHOT loaded
#define KEEP loaded = st
#endif

c_decl {
  static void Reached(const char *transition) {
    static const char *seen[64];
    int i = 0;
    while (i < 63 && seen[i] && strcmp(seen[i], transition) != 0) i++;
    if (seen[i]) return;
    seen[i] = transition;
    printf("reached %s\n", transition);
  }
}

#define T(k, f, t, n, e) \
  :: (KIND == k && from == s_##f && trigger == t_##t) -> \
     c_code { Reached(#k " " #f " " #t); }; next = s_##n; event = e_##e

#define payment 1
#define tds 2

/* The row for `from` and `trigger`; `next` stays s_none when there is none. */
inline Decide() {
  next = s_none;
  event = e_none;
  if
#include "transitions.pml"
  :: else
  fi
}

inline Saved() {
  fresh[0] = 0; fresh[1] = 0; fresh[2] = 0; fresh[3] = 0; fresh[4] = 0;
  fresh[5] = 0; fresh[6] = 0; fresh[7] = 0; fresh[8] = 0; fresh[9] = 0
}

/* What was decided on, in one commit with its event. `Carry`: what else the machine sets. */
inline SaveSession() {
  Carry();
  st = next;
  Saved();
  if
  :: event != e_none ->
     assert(!void_acked);   /* no event is created after we acknowledged a void */
     assert(!told);         /* one outcome */
     told = 1;
     row = 1
  :: else
  fi
}

/* One event, inside a commit. */
inline Apply(what) {
  trigger = what;
  Decide();
  if
  :: next != s_none -> SaveSession()
  :: else
  fi
}

/* A body in a transaction: load, decide, save; again when somebody else saved meanwhile. `already`:
 * it is so already. `ready`: time is left, or is not needed. */
inline Transact(what, already, ready) {
  do
  :: atomic {
       ALIVE ->
       from = st;
       trigger = what;
       next = s_none;
       if
       :: already -> got = g_same
       :: else ->
          if
          :: ready -> Decide()
          :: else
          fi;
          got = (next == s_none -> g_refused : g_none)
       fi;
       KEEP;
       fresh[_pid] = (got == g_none)
     };
     if
     :: got != g_none -> break
     :: d_step {
          got == g_none && ALIVE && UNCHANGED ->
          from = SNAPSHOT;
          Apply(what);
          got = g_changed
        };
        break
     :: got == g_none && ALIVE && !UNCHANGED
     :: got == g_none && !ALIVE -> got = g_lost; break
     fi
  :: !ALIVE -> got = g_lost; break
  od
}

#define END_OF_REQUEST atomic { born = 0; loaded = s_none; got = g_none; fresh[_pid] = 0 }

/* An event of Commerce: what it changes, and `note` that it came, are one commit. Commerce tries
 * until it has an answer. */
inline Receive(what, note) {
  do
  :: note -> break
  :: atomic { !note -> born = boots; KEEP; fresh[_pid] = 1 };
     if
     :: d_step {
          ALIVE && UNCHANGED ->
          note = 1;
          Noted(what);
          from = SNAPSHOT;
          Apply(what);
          Saved()
        };
        break
     :: ALIVE && !UNCHANGED
     :: !ALIVE
     fi
  od
}

/* The session opens, and what was said of it before applies in the same commit. */
inline Open() {
  do
  :: st != s_none -> break
  :: atomic { st == s_none -> born = boots; fresh[_pid] = 1 };
     if
     :: d_step {
          ALIVE && fresh[_pid] ->
          st = s_open;
          Saved();
          from = st;
          ApplyEarlier()
        };
        break
     :: ALIVE && !fresh[_pid]
     :: !ALIVE
     fi
  od
}

active proctype Clock() {
  if
  :: time_up = 1
  :: skip  /* it may take long */
  fi
}

active proctype Crash() {
  do
  :: d_step { boots < CRASHES -> boots++; Consistent() }
  :: break
  od
}
