/* A 3-D Secure session: the shopper's browser, Commerce's events in any order, the sweep, crash and
 * restart. */
#define KIND tds

bit challenge = !CHALLENGE_LATER;  /* is known */
bit received_success = 0;
bit received_failure = 0;
bit second_outcome = 0;  /* which of two contradictory ones came last: 1: the failure */

#define DECIDED (received_success || received_failure)
#define FIRST_OUTCOME \
  (received_success && (!received_failure || second_outcome) -> s_succeeded : s_failed)

/* Events in any order end alike: an outcome and a void are both kept, unless time was up before. */
inline Consistent() {
  assert(row == told);
  assert(told || st != s_returned);
  if
  :: st != s_none && st != s_expired && DECIDED ->
     assert(st == FIRST_OUTCOME && voided_after_end == received_void)
  :: st != s_none && st != s_expired && !DECIDED && received_void -> assert(st == s_voided)
  :: else
  fi
}

inline Carry() {
  if
  :: trigger == t_provide_challenge -> challenge = 1
  :: trigger == t_void -> voided_after_end = (next != s_voided)
  :: (trigger == t_succeed || trigger == t_fail) && from == s_voided -> voided_after_end = 1
  :: else
  fi
}

/* Events that came first, in their order. */
inline ApplyEarlier() {
  if
  :: received_void -> Apply(t_void); from = st
  :: else
  fi;
  if
  :: received_success && second_outcome -> Apply(t_succeed); from = st
  :: else
  fi;
  if
  :: received_failure -> Apply(t_fail); from = st
  :: else
  fi;
  if
  :: received_success && !second_outcome -> Apply(t_succeed); from = st
  :: else
  fi;
  if
  :: received_annotate -> Apply(t_annotate)
  :: else
  fi
}

inline Noted(what) {
  if
  :: what == t_fail && received_success -> second_outcome = 1
  :: else
  fi
}

#include "session.pml"

active proctype Browser() {
  REQUEST;
  byte requests = 0;
  do
  :: requests < REQUESTS && st != s_none ->
     d_step { requests++; born = boots };
     if
     :: challenge -> Transact(t_start_challenge, false, !time_up)
     :: Transact(t_return, false, !time_up);
        assert(!OK || row)
     :: Transact(t_cancel, false, !time_up);
        assert(!OK || row)
     fi;
     END_OF_REQUEST
  :: break
  od
}

active proctype Opener() {
  REQUEST;
  Open();
  assert(st != s_none);
  END_OF_REQUEST;
  if
  :: CHALLENGE_LATER ->
     born = boots;
     Transact(t_provide_challenge, challenge, !time_up);
     END_OF_REQUEST
  :: else
  fi
}

/* The outcome, which may be contradicted. */
active proctype Outcome() {
  REQUEST;
  do
  :: !received_success ->
     Receive(t_succeed, received_success);
     assert(received_success && (st == s_none || st == s_succeeded || st == s_failed ||
                                 st == s_expired));
     END_OF_REQUEST
  :: CONTRADICTION && !received_failure ->
     Receive(t_fail, received_failure);
     assert(received_failure && (st == s_none || st == s_succeeded || st == s_failed ||
                                 st == s_expired));
     END_OF_REQUEST
  :: break
  od
}

active proctype Commerce() {
  REQUEST;
  do
  :: !void_acked ->
     Receive(t_void, received_void);
     atomic {
       assert(received_void && st != s_open && st != s_challenged && st != s_returned);
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

active proctype Sweep() {
  REQUEST;
end:
  do
  :: d_step {
       time_up && (st == s_open || st == s_challenged || st == s_returned) -> born = boots
     };
     Transact(t_expire, st == s_expired, time_up);
     END_OF_REQUEST
  od
}
