// A link, for a proof: an output of the router with its credit counters, the wire, and the FIFOs at the other end.
//
// Any words, in any order, at any pace: the inputs of this module are free. Two colors will do, because all are treated
// alike. `bad_o` must never be 1: no word meets a full FIFO; a color has a credit if and only if fewer than four of its
// words are on the way, in the FIFO, or have a credit on the way; words of a color leave in the order in which they came,
// with their `last` bits.
//
// EarlyCredit is an error to be found: the credit is returned when a word comes, not when it leaves.

module link_formal #(
  parameter bit EarlyCredit = 0
) (
  input  logic       clk_i,
  input  logic       send_i,
  input  logic       send_color_i,
  input  logic       send_last_i,
  input  logic       pop_i,
  input  logic       pop_color_i,
  input  logic       watched_i,    // read once: the color that the proof is about
  input  logic       mark_i,       // mark the word that is pushed now
  output logic       bad_o
);

  // Everything starts in reset.
  logic       started_q = 1'b0;
  logic       watched_q = 1'b0;

  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    if (!started_q) watched_q <= watched_i;
  end

  // ---------------------------------------------------------------- the link

  logic [37:0] wavelet;
  logic [15:0] credits, nonempty;
  logic [4:0]  credit_q;
  logic [3:0]  send_color, pop_color, watched;
  logic [31:0] data;
  logic [4:0]  overflow;
  logic        send, pop, last;

  assign send_color = {3'd0, send_color_i};
  assign pop_color = {3'd0, pop_color_i};
  assign watched = {3'd0, watched_q};
  assign send = send_i & credits[send_color];
  assign pop = pop_i & nonempty[pop_color];

  credit_counters #(.Ports(1)) u_credits (
    .clk_i, .rst_ni(started_q), .enable_i(4'b1111),
    .credit0_i(credit_q), .credit1_i(5'd0), .credit2_i(5'd0), .credit3_i(5'd0),
    .spend_i({15'd0, send} << send_color), .credit_o(credits)
  );

  // The register of an output.
  always_ff @(posedge clk_i or negedge started_q) begin
    if (!started_q) wavelet <= 38'd0;
    else wavelet <= send ? {1'b1, send_color, send_last_i, 32'd0} : 38'd0;
  end

  fifo_bank u_fifo_bank (
    .clk_i, .rst_ni(started_q),
    .wavelet_i(wavelet), .overflow_o(overflow), .nonempty_o(nonempty),
    .head_color_i(pop_color), .head_data_o(data), .head_last_o(last), .pop_i(pop)
  );

  always_ff @(posedge clk_i or negedge started_q) begin
    if (!started_q) credit_q <= 5'd0;
    else credit_q <= EarlyCredit ? wavelet[37:33] : {pop, pop_color};
  end

  // ---------------------------------------------------------------- what must hold

  logic       sent, pushed, popped, returned;   // of the watched color
  logic [2:0] outstanding_q;                    // words sent whose credit is not back
  logic [2:0] held_q;                           // words in the FIFO
  logic       marked_q, marked_last_q;          // a word is watched, and its last bit
  logic [2:0] ahead_q;                          // words before it

  assign sent = send & (send_color == watched);
  assign pushed = wavelet[37] & (wavelet[36:33] == watched);
  assign popped = pop & (pop_color == watched);
  assign returned = credit_q[4] & (credit_q[3:0] == watched);

  always_ff @(posedge clk_i or negedge started_q) begin
    if (!started_q) begin
      outstanding_q <= 3'd0;
      held_q <= 3'd0;
      marked_q <= 1'b0;
      marked_last_q <= 1'b0;
      ahead_q <= 3'd0;
    end else begin
      outstanding_q <= outstanding_q + {2'd0, sent} - {2'd0, returned};
      held_q <= held_q + {2'd0, pushed} - {2'd0, popped};
      if (marked_q && popped) begin
        marked_q <= ahead_q != 3'd0;
        ahead_q <= ahead_q - 3'd1;
      end else if (!marked_q && mark_i && pushed) begin
        marked_q <= 1'b1;
        marked_last_q <= wavelet[32];
        ahead_q <= held_q - {2'd0, popped};
      end
    end
  end

  assign bad_o = started_q &
                 (overflow[4] |
                  (credits[watched] != (outstanding_q < 3'd4)) |
                  (nonempty[watched] != (held_q != 3'd0)) |
                  (marked_q & popped & (ahead_q == 3'd0) & (last != marked_last_q)));

endmodule
