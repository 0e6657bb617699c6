// Serves the requests of color 0: passes them on along their path, executes those for this tile, and answers on
// color 1. One word a cycle, through one word of its own; the word after a message that has to be answered is taken
// only after the answer has gone.
//
//   kind Path       one turn less, the rest unchanged; a word without turns is dropped, and with it its message
//                   where there is none behind it
//   kind Flood      on to all children, if any, and executed here if the group matches; never answered
//   kind Operation  executed here and answered: the operation word, then what was read
//
// A write goes to its address, address + 4, .. as the words come. A read and a checksum begin after the last word of
// the request; words behind the count are ignored, and the count is 16 bits. What is malformed - an unknown kind or
// operation, a path of no turns, a request that ends before its address and count or first data word - is consumed
// to its last word and answered with the word it began with, kind and operation 0.
//
// request_mask_o is where color 0 leaves the tile. It changes only when all of its credits are back, so never under
// a message, and returns to 0 in between. Addresses beyond 18 bits go to the map's last, empty quarter.

module control_plane (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Head of color 0 at the ramp.
  input  logic        nonempty_i,
  input  logic [31:0] data_i,
  input  logic        last_i,
  output logic        take_o,
  input  logic        take_gnt_i,

  output logic        send_o,
  output logic [3:0]  send_color_o,
  output logic        send_last_o,
  output logic [31:0] send_data_o,
  input  logic        send_ready_i,

  output logic [4:0]  request_mask_o,
  input  logic        request_credits_full_i,
  input  logic [3:0]  children_i,
  input  logic [7:0]  group_i,

  // Bus master; read data a cycle after the grant.
  output logic        req_o,
  output logic        we_o,
  output logic [17:0] addr_o,
  output logic [31:0] wdata_o,
  input  logic        gnt_i,
  input  logic [31:0] rdata_i,

  output logic        busy_o
);

  typedef enum logic [2:0] {
    Head    = 0,  // the next word says what its message is
    Address = 1,  // ... is the address
    Count   = 2,  // ... is the count
    Write   = 3,  // ... is written
    Rest    = 4,  // ... is only sent on, or ignored
    Sum     = 5,  // reading for a checksum
    Answer  = 6,  // the operation word goes out
    Payload = 7   // what was read goes out
  } state_e;

  state_e      state_q;
  logic        forward_q;       // the message is sent on
  logic        answer_q;        // it is answered
  logic        full_q;          // word_q holds a word: of the request, or (Payload) one that waits for a credit
  logic        last_q;
  logic [31:0] word_q;          // in Sum the checksum
  tessera_pkg::request_operation_t operation_q;  // to be executed, and answered
  logic [17:0] addr_q;
  logic [15:0] count_q;
  logic        fresh_q;         // rdata_i has come
  logic [4:0]  mask_q;

  // ---------------------------------------------------------------- the first word

  tessera_pkg::request_path_t      path, path_next;
  /* verilator lint_off UNUSEDSIGNAL */
  tessera_pkg::request_operation_t head;   // its identity is only passed on
  /* verilator lint_on UNUSEDSIGNAL */
  logic        head_path, head_flood, head_known, head_execute, head_forward, head_drop;
  logic [4:0]  mask;

  assign path = word_q;
  assign head = word_q;

  always_comb begin
    path_next = path;
    head_path = 1'b0;
    head_flood = 1'b0;
    head_known = 1'b0;
    head_execute = 1'b0;
    head_forward = 1'b0;
    head_drop = 1'b0;
    mask = '0;
    if (full_q & (state_q == Head)) begin
      head_path = (head.kind == tessera_pkg::RequestKindPath) & (path.run0 != '0);
      head_flood = head.kind == tessera_pkg::RequestKindFlood;
      head_known = ((head.kind == tessera_pkg::RequestKindOperation) | head_flood) &
                   ((head.operation == tessera_pkg::RequestWrite) | (head.operation == tessera_pkg::RequestRead) |
                    (head.operation == tessera_pkg::RequestChecksum));
      head_execute = head_flood ? (head.operation == tessera_pkg::RequestWrite) &
                                  ((head.group == group_i) | (head.group == 8'(tessera_pkg::RequestGroupAll)))
                                : head_known;
      if (head_path) begin
        head_forward = 1'b1;
        mask = 5'd1 << path.direction0;
        path_next.run0 = path.run0 - 8'd1;
        if (path.run0 == 8'd1) begin
          path_next.run0 = path.run1;
          path_next.direction0 = path.direction1;
          path_next.run1 = path.run2;
          path_next.direction1 = path.direction2;
          path_next.run2 = '0;
          path_next.direction2 = '0;
          head_drop = path.run1 == '0;
        end
      end else if (head_flood) begin
        head_forward = children_i != '0;
        mask = {1'b0, children_i};
      end
    end
  end

  // ---------------------------------------------------------------- words of requests: one in, one out

  // In the states up to Rest a word leaves word_q in the cycle in which all that it is for can be done.
  logic        reading, writing, forward, answer, in_place, consume, ends, mask_change;

  assign reading = (state_q == Sum) | (state_q == Answer) | (state_q == Payload);
  assign writing = full_q & (state_q == Write);
  assign mask_change = (mask_q != mask) & (state_q == Head) & request_credits_full_i;
  assign ends = consume & last_q;
  assign take_o = nonempty_i & ~reading & (~full_q | (consume & ~(last_q & answer)));

  always_comb begin
    forward = 1'b0;
    answer = 1'b0;
    in_place = 1'b0;
    consume = 1'b0;
    if (full_q) begin
      forward = (state_q == Head) ? head_forward & ~head_drop : forward_q;
      answer = (state_q == Head) ? ~head_path & ~head_flood : answer_q;
      in_place = (mask_q == mask) | ~head_forward;  // color 0 leads to where a first word has to go
      consume = ~reading & (send_ready_i | ~forward) & (gnt_i | ~writing) & in_place;
    end
  end

  // ---------------------------------------------------------------- bus

  // A word is read when there will be room for it: what is read arrives a cycle later and can wait in word_q.
  logic        payload_ready;

  assign payload_ready = full_q | fresh_q;

  always_comb begin
    req_o = 1'b0;
    we_o = 1'b0;
    addr_o = '0;
    wdata_o = '0;
    if (writing) begin
      req_o = send_ready_i | ~forward_q;
      we_o = 1'b1;
      addr_o = addr_q;
      wdata_o = word_q;
    end else if ((state_q == Sum) | (state_q == Payload)) begin
      req_o = (count_q != '0) & ((state_q == Sum) | send_ready_i | ~payload_ready);
      addr_o = addr_q;
    end
  end

  // ---------------------------------------------------------------- sending

  logic has_payload, answer_sent, payload_sent, sum_done;

  always_comb begin
    send_color_o = 4'(tessera_pkg::RequestColor);
    send_last_o = 1'b0;
    send_data_o = '0;
    has_payload = 1'b0;
    if (state_q == Answer) begin
      has_payload = ((operation_q.operation == tessera_pkg::RequestRead) & (count_q != '0)) |
                    (operation_q.operation == tessera_pkg::RequestChecksum);
      send_color_o = 4'(tessera_pkg::ResponseColor);
      send_last_o = ~has_payload;
      send_data_o = operation_q;
    end else if (state_q == Payload) begin
      send_color_o = 4'(tessera_pkg::ResponseColor);
      send_last_o = count_q == '0;
      send_data_o = full_q ? word_q : rdata_i;
    end else if (full_q) begin
      send_last_o = last_q;
      send_data_o = head_path ? path_next : word_q;
    end
  end

  // A word that is written as it is sent on waits for the grant too; without a credit it counts as a stalled sender.
  assign send_o = (state_q == Answer) | ((state_q == Payload) & payload_ready) |
                  (forward & ~reading & in_place & ~(writing & send_ready_i & ~gnt_i));
  assign answer_sent = (state_q == Answer) & send_ready_i;
  assign payload_sent = (state_q == Payload) & payload_ready & send_ready_i;
  assign sum_done = (state_q == Sum) & (count_q == '0) & ~fresh_q;

  // ---------------------------------------------------------------- state

  state_e      after_head;      // unless the message ends there
  logic        early;           // it ends before it is complete

  always_comb begin
    after_head = Rest;
    if (head_execute) after_head = Address;
    early = (state_q == Head) | (state_q == Address);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Head;
      forward_q <= 1'b0;
      answer_q <= 1'b0;
      full_q <= 1'b0;
      last_q <= 1'b0;
      word_q <= '0;
      operation_q <= '0;
      addr_q <= '0;
      count_q <= '0;
      fresh_q <= 1'b0;
      mask_q <= '0;
    end else if (busy_o) begin
      if (mask_change) mask_q <= mask;

      if (take_gnt_i) begin
        full_q <= 1'b1;
        last_q <= last_i;
        word_q <= data_i;
      end else if (consume) begin
        full_q <= 1'b0;
        word_q <= '0;           // where a checksum starts
      end

      if (consume) begin
        unique case (state_q)
          Head: begin
            state_q <= after_head;
            forward_q <= head_forward;
            answer_q <= answer;
            operation_q <= {2'b00, head_known ? head.operation : 3'd0, word_q[26:0]};
          end
          Address: begin
            state_q <= (operation_q.operation == tessera_pkg::RequestWrite) ? Write : Count;
            addr_q <= {word_q[17:16] | {2{word_q[31:18] != '0}}, word_q[15:0]};
          end
          Count: begin
            state_q <= Rest;
            count_q <= word_q[15:0];
          end
          default: ;
        endcase
        if (ends) begin
          state_q <= Head;
          if (answer) begin
            state_q <= Answer;
            if (early) operation_q.operation <= '0;
            else if (operation_q.operation == tessera_pkg::RequestChecksum) state_q <= Sum;
          end
        end
      end

      if (req_o & gnt_i) begin
        addr_q <= addr_q + 18'd4;
        if (~we_o) count_q <= count_q - 16'd1;
      end
      fresh_q <= req_o & gnt_i & ~we_o;

      if ((state_q == Sum) & fresh_q) word_q <= {word_q[30:0], word_q[31]} + rdata_i;
      if (sum_done) begin
        state_q <= Answer;
        full_q <= 1'b1;
      end
      if (answer_sent) state_q <= has_payload ? Payload : Head;
      if ((state_q == Payload) & fresh_q & (full_q | ~send_ready_i)) begin
        word_q <= rdata_i;
        full_q <= 1'b1;
      end else if (payload_sent) begin
        full_q <= 1'b0;
        if (count_q == '0) state_q <= Head;
      end
    end
  end

  assign request_mask_o = mask_q;
  assign busy_o = take_gnt_i | consume | mask_change | (req_o & gnt_i) | fresh_q | sum_done | answer_sent |
                  payload_sent;

endmodule
