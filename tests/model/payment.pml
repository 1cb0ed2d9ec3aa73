/* A payment session: two pages of one shopper, the vault, Commerce, the sweep, crash and restart. */
#define KIND payment

byte attempts = 0;
byte digest = 0;     /* of the card that was accepted or is being asked about; 0: none */
bit lease = 0;       /* lease_until is set */

/* The event is in the outbox exactly when its transition was committed. */
inline Consistent() {
  assert(row == told);
  assert(told == (st == s_created || st == s_failed || st == s_cancelled || st == s_expired))
}

/* What the machine sets beside the state. */
inline Carry() {
  if
  :: trigger == t_submit -> digest = card; lease = 1
  :: trigger == t_accept -> digest = card; lease = 0
  :: trigger == t_refuse || trigger == t_exhaust -> digest = 0; lease = 0; attempts++
  :: trigger == t_give_up -> digest = 0; lease = 0
  :: trigger == t_void -> lease = 0; voided_after_end = (from == s_created)
  :: else
  fi
}

/* Events that came first. */
inline ApplyEarlier() {
  if
  :: received_void -> Apply(t_void); from = st
  :: else
  fi;
  if
  :: received_annotate -> Apply(t_annotate)
  :: else
  fi
}

inline Noted(what) { skip }

#include "session.pml"

#define REFUSE (attempts + 1 < MAX_ATTEMPTS -> t_refuse : t_exhaust)
/* The vault's word on a card that was replaced meanwhile. */
#define OUTDATED (st == s_submitted && digest != card)

proctype Page(byte mine) {
  REQUEST;
  byte requests = 0;
  card = mine;
  do
  :: requests < REQUESTS && st != s_none ->
     d_step { requests++; born = boots };
     if
     :: Transact(t_cancel, st == s_cancelled, !time_up);
        assert(!OK || (st == s_cancelled && row))
     :: /* The embedded vault: sealed in the same commit. */
        Transact(t_accept, st == s_created && digest == card, !time_up);
        assert(!OK || (st == s_created && row))
     :: /* A check refuses the card. */
        Transact(REFUSE, OUTDATED, !time_up || st == s_submitted)
     :: /* A remote vault: the intent, the call, the answer. */
        Transact(t_submit, digest == card && (st == s_created || st == s_submitted), !time_up);
        if
        :: got == g_changed ->
           if
           :: Transact(t_accept, st == s_created && digest == card,
                       !time_up || st == s_submitted);
              assert(!OK || (st == s_created && row))
           :: Transact(REFUSE, OUTDATED, !time_up || st == s_submitted)
           :: Transact(t_give_up, OUTDATED, true)
           :: skip  /* it never answers */
           fi
        :: else
        fi
     fi;
     END_OF_REQUEST
  :: break  /* the shopper leaves */
  od
}

active proctype Opener() {
  REQUEST;
  Open();
  assert(st != s_none)
}

active proctype Commerce() {
  REQUEST;
  do
  :: !void_acked ->
     Receive(t_void, received_void);
     atomic {
       assert(received_void && st != s_open && st != s_submitted);
       void_acked = 1
     };
     END_OF_REQUEST
  :: ANNOTATE && !received_annotate ->
     Receive(t_annotate, received_annotate);
     assert(received_annotate);
     END_OF_REQUEST
  :: break
  od
}

/* A lease may end at any time. */
active proctype Sweep() {
  REQUEST;
end:
  do
  :: d_step { st == s_submitted && (lease || time_up) -> born = boots };
     Transact(t_give_up, false, true);
     END_OF_REQUEST
  :: d_step { st == s_open && time_up -> born = boots };
     Transact(t_expire, st == s_expired, time_up);
     END_OF_REQUEST
  od
}

init {
  atomic {
    run Page(1);
    if
    :: PAGES == 2 -> run Page(2)
    :: else
    fi
  }
}

ltl no_submission_lasts { [] (st == s_submitted -> <> (st != s_submitted)) }
