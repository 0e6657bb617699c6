// Counts the credits of the FIFOs that an output sends to, four of each of the 16 colors, for one port or for four.
//
// Vectors have bit {port, color}. A credit that comes in a cycle, and the words that are sent in it, are counted in the
// next; both at once cancel out.

module credit_counters #(
  parameter int unsigned Ports = 1,              // 1 or 4
  localparam int unsigned Width = 16 * Ports
) (
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic [3:0]       enable_i,             // ports; at the others no credit is spent

  // credit_t of a port; zero for ports that there are not.
  input  logic [4:0]       credit0_i,
  input  logic [4:0]       credit1_i,
  input  logic [4:0]       credit2_i,
  input  logic [4:0]       credit3_i,
  input  logic [Width-1:0] spend_i,              // words that are sent; only where there is a credit
  output logic [Width-1:0] credit_o              // there is one
);

  // 0 to 4: a flag that it is not zero, and what it has beyond one, in slices: bit k of all counters.
  logic [Width-1:0] nonzero_q, more0_q, more1_q;

  assign credit_o = nonzero_q;

  // Credits and `enable_i` come from a link, and what a link feeds is flip-flops only: hence locals and no nets.
  always_ff @(posedge clk_i or negedge rst_ni) begin : update
    logic [Width-1:0] spent, returned, up, down, more_up, more_down;
    if (!rst_ni) begin
      nonzero_q <= '1;
      more0_q <= '1;
      more1_q <= '1;
    end else if (credit0_i[4] || credit1_i[4] || credit2_i[4] || credit3_i[4] || spend_i != '0) begin
      returned = ({{(Width - 1){1'b0}}, credit0_i[4]} << credit0_i[3:0]) |
                 ({{(Width - 1){1'b0}}, credit1_i[4]} << {2'd1, credit1_i[3:0]}) |
                 ({{(Width - 1){1'b0}}, credit2_i[4]} << {2'd2, credit2_i[3:0]}) |
                 ({{(Width - 1){1'b0}}, credit3_i[4]} << {2'd3, credit3_i[3:0]});
      spent = spend_i;
      if (enable_i != 4'b1111)
        spent = spend_i & Width'({{16{enable_i[3]}}, {16{enable_i[2]}}, {16{enable_i[1]}}, {16{enable_i[0]}}});
      up = returned & ~spent;
      down = spent & ~returned;
      more_up = up & nonzero_q;
      more_down = down & (more1_q | more0_q);
      nonzero_q <= (nonzero_q | up) & ~(down & ~more_down);
      more1_q <= more1_q ^ ((more_up & more0_q) | (more_down & ~more0_q));
      more0_q <= more0_q ^ (more_up | more_down);
    end
  end

endmodule
